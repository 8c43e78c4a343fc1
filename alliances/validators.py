"""What a value must look like to enter the register, whichever door it comes through."""

import re
import unicodedata
from collections.abc import Sized

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator, RegexValidator
from django.utils.translation import gettext_lazy as _

validate_code = RegexValidator(
    r"^[a-z0-9]+(-[a-z0-9]+)*\Z",
    _("A code is lower-case letters, digits and single hyphens, like us-city-wichita."),
)

LINK = re.compile(r"https?://|www\.|\S+@\S+\.\S+", re.IGNORECASE)
# Joiners that Latin and Chinese names never need, and marks that turn the reading direction.
INVISIBLE = {"Cf", "Zl", "Zp", "Co", "Cs"}
# All of the category Cc but line breaks and the tab.
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def validate_no_control(value: str) -> None:
    """Text without control characters, of which the database cannot hold one; line breaks and tabs are
    allowed."""
    if found := CONTROL.search(value):
        raise ValidationError(
            _("Text contains a character that is not allowed (U+%(point)s)."),
            params={"point": f"{ord(found[0]):04X}"},
            code="control_character",
        )


def validate_plain_text(value: str) -> None:
    """Text without control, invisible or direction-changing characters; line breaks and tabs are allowed."""
    validate_no_control(value)
    for character in value:
        if unicodedata.category(character) in INVISIBLE:
            raise ValidationError(
                _("Text contains invisible or direction-changing characters (U+%(point)s)."),
                params={"point": f"{ord(character):04X}"},
                code="invisible_character",
            )


def validate_plain_name(value: str) -> None:
    """A name on one line: plain text, no line break, no link and no email address."""
    if any(character in value for character in "\r\n\t"):
        raise ValidationError(_("A name cannot contain line breaks or tabs."), code="line_break")
    validate_plain_text(value)
    if LINK.search(value):
        raise ValidationError(_("Names cannot contain links or email addresses."), code="link")


def validate_no_contact(value: str) -> None:
    """Text without a link or an email address: contacts open only when both sides are interested."""
    if LINK.search(value):
        raise ValidationError(
            _("Leave out links and email addresses: contacts open once both sides are interested."),
            code="contact",
        )


def validate_list_item(value: str) -> None:
    """An item of a list that files write into one cell: it cannot hold the marks that part the items."""
    if "|" in value or ";" in value:
        raise ValidationError(_("An alias cannot contain | or ;."), code="separator")


LIST_TOO_LONG = _("The list is too long (%(length)s items; limit %(limit)s).")


def validate_list_length(values: Sized, limit: int) -> None:
    """A list of at most so many items: asked before any of them is read."""
    if len(values) > limit:
        params = {"length": f"{len(values):,}", "limit": f"{limit:,}"}
        raise ValidationError(LIST_TOO_LONG, params=params, code="max_length")


_validate_email = EmailValidator()


def one_email(value: str) -> str:
    """The one address in `value`, lower-case, a Chinese or other non-ASCII domain as punycode.

    Raises:
        ValidationError: no address, several, too long, or a part before @ that mail servers may not carry.
    """
    address = value.strip(" \t\u3000")
    if len(address) > 254:
        raise ValidationError(_("Email address is too long (limit 254)."), code="too_long")
    local, at, domain = address.rpartition("@")
    if not at or "@" in local or re.search(r"[\s,;<>\u2028\u2029\x00-\x1f\x7f]", address):
        raise ValidationError(_("Enter one email address."), code="not_one")
    if not local.isascii():
        raise ValidationError(_("The part before @ must use Latin letters for now."), code="local_part")
    try:
        ascii_domain = domain.encode("idna").decode("ascii")
        _validate_email(f"{local}@{ascii_domain}")
    except (UnicodeError, ValidationError):
        raise ValidationError(_("Enter one email address."), code="not_one") from None
    return f"{local}@{ascii_domain}".lower()
