"""Registration identifiers of both countries: written in one way, and checked as far as they can be."""

import re
import unicodedata

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# GB 32100-2015: the 31 signs in the order of their values, and the weight of each of the first 17 places.
CREDIT_CODE_SIGNS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
CREDIT_CODE_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

_LEFT_OUT = re.compile(r"[\s\-\u2010-\u2015\u2212]")


def normalize_credit_code(value: str) -> str:
    """The code in capitals, without spaces and hyphens, full-width signs as plain ones."""
    return _plain(value)


def validate_credit_code(value: str) -> None:
    """A Chinese unified social credit code, however it is spaced.

    Raises:
        ValidationError: not 18 of the code's signs, zeros only, or another check digit than theirs.
    """
    code = normalize_credit_code(value)
    if len(code) != 18:
        raise ValidationError(
            _("The credit code %(value)s has %(length)s characters; it needs 18. Copy it from the licence."),
            params={"value": _shown(code), "length": len(code)},
            code="length",
        )
    for sign in code:
        if sign not in CREDIT_CODE_SIGNS:
            raise ValidationError(
                _(
                    "The credit code %(value)s contains %(sign)s. Use digits and capital letters other than "
                    "I, O, S, V and Z: perhaps 1, 0, 5, U or 2 is meant."
                ),
                params={"value": code, "sign": sign},
                code="sign",
            )
    if not code.strip("0"):
        raise ValidationError(
            _("The credit code %(value)s is only zeros. Copy the code from the licence, or leave it empty."),
            params={"value": code},
            code="zeros",
        )
    expected = credit_code_check(code[:17])
    if code[17] != expected:
        raise ValidationError(
            _(
                "The credit code %(value)s ends in %(found)s, but its first 17 characters give %(expected)s. "
                "Compare it with the licence, character by character."
            ),
            params={"value": code, "found": code[17], "expected": expected},
            code="check_digit",
        )


def credit_code_check(body: str) -> str:
    """The check digit of the first 17 characters. The second `% 31` serves bodies whose sum divides by 31."""
    total = sum(
        weight * CREDIT_CODE_SIGNS.index(sign) for weight, sign in zip(CREDIT_CODE_WEIGHTS, body, strict=True)
    )
    return CREDIT_CODE_SIGNS[(31 - total % 31) % 31]


def normalize_ein(value: str) -> str:
    """The number as NN-NNNNNNN where it has nine digits; otherwise what was given, plainly written."""
    digits = _plain(value)
    return f"{digits[:2]}-{digits[2:]}" if re.fullmatch(r"[0-9]{9}", digits) else digits


def validate_ein(value: str) -> None:
    """A US employer identification number: nine digits, not all zero. It has no check digit.

    Raises:
        ValidationError: other than nine digits, or zeros only.
    """
    digits = _plain(value)
    if not re.fullmatch(r"[0-9]{9}", digits):
        raise ValidationError(
            _("The EIN %(value)s is not nine digits. Write it like 12-3456789."),
            params={"value": _shown(digits)},
            code="shape",
        )
    if digits == "000000000":
        raise ValidationError(
            _("The EIN %(value)s is only zeros. Give the number that the IRS assigned, or leave it empty."),
            params={"value": normalize_ein(digits)},
            code="zeros",
        )


def normalize_uei(value: str) -> str:
    """The identifier in capitals, without spaces and hyphens, full-width signs as plain ones."""
    return _plain(value)


def validate_uei(value: str) -> None:
    """A US unique entity identifier, by its shape: how its check works is not published in full.

    Raises:
        ValidationError: other than 12 digits and capital letters, a letter I or O, or a zero in front.
    """
    uei = normalize_uei(value)
    if not re.fullmatch(r"[0-9A-Z]{12}", uei):
        raise ValidationError(
            _("The UEI %(value)s is not 12 letters and digits. Copy it from SAM.gov."),
            params={"value": _shown(uei)},
            code="shape",
        )
    if "I" in uei or "O" in uei:
        raise ValidationError(
            _("The UEI %(value)s contains I or O, which a UEI never does: perhaps 1 or 0 is meant."),
            params={"value": uei},
            code="letter",
        )
    if uei.startswith("0"):
        raise ValidationError(
            _("The UEI %(value)s starts with 0, which a UEI never does. Copy it from SAM.gov."),
            params={"value": uei},
            code="first",
        )


def _plain(value: str) -> str:
    return _LEFT_OUT.sub("", unicodedata.normalize("NFKC", value)).upper()


def _shown(value: str) -> str:
    """The value as a message quotes it: not more than 40 characters of it."""
    return value if len(value) <= 40 else value[:40] + "…"
