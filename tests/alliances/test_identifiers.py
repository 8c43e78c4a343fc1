"""Registration identifiers: what is refused, with which words, and that no single slip passes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from alliances.identifiers import (
    CREDIT_CODE_SIGNS,
    credit_code_check,
    normalize_credit_code,
    normalize_ein,
    normalize_uei,
    validate_credit_code,
    validate_ein,
    validate_uei,
)


def refusal(validate: Callable[[str], None], value: str) -> tuple[str, str]:
    """Code and message of the refusal."""
    with pytest.raises(ValidationError) as caught:
        validate(value)
    return str(caught.value.code), caught.value.messages[0]


# --- Unified social credit code -------------------------------------------------------------------

bodies = st.text(CREDIT_CODE_SIGNS, min_size=17, max_size=17).filter(lambda body: body.strip("0") != "")


@pytest.mark.parametrize(
    "code",
    [
        "91110000600037341L",
        "91310115MA1H8R7C67",
        "9111000060003734F0",  # its sum divides by 31
        " 911100-0060 0037341l ",
        "９１１１００００６０００３７３４１Ｌ",
    ],
)
def test_a_right_credit_code_passes(code: str) -> None:
    validate_credit_code(code)


def test_a_credit_code_is_written_in_one_way() -> None:
    assert normalize_credit_code("９１１１ 0000-60003734１ｌ") == "91110000600037341L"


@pytest.mark.parametrize(
    ("code", "problem", "message"),
    [
        (
            "91310115MA1H8R7C6D",
            "check_digit",
            (
                "The credit code 91310115MA1H8R7C6D ends in D, but its first 17 characters give 7. "
                "Compare it with the licence, character by character."
            ),
        ),
        (
            "9111000060003734",
            "length",
            "The credit code 9111000060003734 has 16 characters; it needs 18. Copy it from the licence.",
        ),
        (
            "91110000600O37341L",
            "sign",
            (
                "The credit code 91110000600O37341L contains O. Use digits and capital letters other than "
                "I, O, S, V and Z: perhaps 1, 0, 5, U or 2 is meant."
            ),
        ),
        (
            "0" * 18,
            "zeros",
            (
                "The credit code 000000000000000000 is only zeros. "
                "Copy the code from the licence, or leave it empty."
            ),
        ),
        (
            "1" * 99,
            "length",
            f"The credit code {'1' * 40}… has 99 characters; it needs 18. Copy it from the licence.",
        ),
    ],
)
def test_a_wrong_credit_code_is_refused_with_the_remedy(code: str, problem: str, message: str) -> None:
    assert refusal(validate_credit_code, code) == (problem, message)


@given(bodies)
def test_every_body_has_one_check_digit(body: str) -> None:
    expected = credit_code_check(body)
    validate_credit_code(body + expected)
    for other in CREDIT_CODE_SIGNS.replace(expected, ""):
        code, message = refusal(validate_credit_code, body + other)
        assert code == "check_digit"
        assert f"give {expected}." in message


@given(bodies, st.integers(0, 17))
def test_every_substituted_character_of_a_credit_code_is_caught(body: str, place: int) -> None:
    right = body + credit_code_check(body)
    for sign in CREDIT_CODE_SIGNS + "IOSVZ*":
        if sign != right[place]:
            refusal(validate_credit_code, right[:place] + sign + right[place + 1 :])


# --- EIN ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "ein", ["12-3456789", "123456789", " 12 3456789", "１２－３４５６７８９", "00-0000001"]
)
def test_nine_digits_are_an_ein(ein: str) -> None:
    validate_ein(ein)


def test_an_ein_is_written_in_one_way() -> None:
    assert [
        normalize_ein(value) for value in ("123456789", " 12 - 3456789", "１２３４５６７８９", "12-34567X")
    ] == [
        "12-3456789",
        "12-3456789",
        "12-3456789",
        "1234567X",
    ]


@pytest.mark.parametrize(
    ("ein", "problem", "message"),
    [
        ("12-345678", "shape", "The EIN 12345678 is not nine digits. Write it like 12-3456789."),
        ("12-345678A", "shape", "The EIN 12345678A is not nine digits. Write it like 12-3456789."),
        ("١٢٣٤٥٦٧٨٩", "shape", "The EIN ١٢٣٤٥٦٧٨٩ is not nine digits. Write it like 12-3456789."),
        (
            "00-0000000",
            "zeros",
            "The EIN 00-0000000 is only zeros. Give the number that the IRS assigned, or leave it empty.",
        ),
    ],
)
def test_a_wrong_ein_is_refused_with_the_remedy(ein: str, problem: str, message: str) -> None:
    assert refusal(validate_ein, ein) == (problem, message)


@given(st.from_regex(r"[0-9]{9}", fullmatch=True), st.integers(0, 8), st.characters())
def test_an_ein_takes_nothing_but_digits(digits: str, place: int, sign: str) -> None:
    value = digits[:place] + sign + digits[place + 1 :]
    written = normalize_ein(value).replace("-", "")
    if re.fullmatch("[0-9]{9}", written) and written != "000000000":
        validate_ein(value)
    else:
        refusal(validate_ein, value)


# --- UEI ------------------------------------------------------------------------------------------

UEI_SIGNS = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


@given(st.text(UEI_SIGNS, min_size=12, max_size=12).filter(lambda uei: uei[0] != "0"))
def test_twelve_signs_are_a_uei(uei: str) -> None:
    validate_uei(uei)
    validate_uei(f" {uei[:4].lower()}-{uei[4:]} ")
    assert normalize_uei(f" {uei[:4].lower()}-{uei[4:]} ") == uei


@pytest.mark.parametrize(
    ("uei", "problem", "message"),
    [
        ("ABC123DEF45", "shape", "The UEI ABC123DEF45 is not 12 letters and digits. Copy it from SAM.gov."),
        ("ABC123DEF45é", "shape", "The UEI ABC123DEF45É is not 12 letters and digits. Copy it from SAM.gov."),
        (
            "ABC123DEF45O",
            "letter",
            "The UEI ABC123DEF45O contains I or O, which a UEI never does: perhaps 1 or 0 is meant.",
        ),
        (
            "IBC123DEF456",
            "letter",
            "The UEI IBC123DEF456 contains I or O, which a UEI never does: perhaps 1 or 0 is meant.",
        ),
        (
            "0BC123DEF456",
            "first",
            "The UEI 0BC123DEF456 starts with 0, which a UEI never does. Copy it from SAM.gov.",
        ),
    ],
)
def test_a_wrong_uei_is_refused_with_the_remedy(uei: str, problem: str, message: str) -> None:
    assert refusal(validate_uei, uei) == (problem, message)


@given(
    st.text(UEI_SIGNS, min_size=12, max_size=12).filter(lambda uei: uei[0] != "0"),
    st.integers(0, 11),
    st.sampled_from("IO*_!äж"),
)
def test_every_sign_that_a_uei_never_holds_is_caught(uei: str, place: int, sign: str) -> None:
    refusal(validate_uei, uei[:place] + sign + uei[place + 1 :])
