"""The register is asked who is there already: nobody is missed, drafts are found and not shown."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pytest_django import DjangoAssertNumQueries

import alliances
from alliances.duplicates import Duplicate, find_duplicates
from alliances.enums import Country, Kind, OrganizationState
from alliances.likeness import THRESHOLD, StatedNames, likeness
from alliances.models import Organization
from alliances.names import pinyin, simplify
from tests.factories import make_organization
from tests.sizes import size

pytestmark = pytest.mark.django_db

SAMPLE = Path(alliances.__file__).parent / "reference" / "organizations.csv"
PORTLAND = StatedNames("city", "US", "OR", "City of Portland")


def codes(duplicates: list[Duplicate]) -> list[str]:
    return [one.organization.code for one in duplicates]


def test_the_likeliest_comes_first_with_its_reason() -> None:
    make_organization("us-c", name_en="Portlend", name_zh="", region="OR")
    make_organization("us-b", name_en="Portland", name_zh="", region="")
    make_organization("us-a", name_en="Portland", name_zh="", region="OR")
    make_organization("us-maine", name_en="Portland", name_zh="", region="ME")
    make_organization("cn-x", country=Country.CN, name_en="Portland", name_zh="", region="")
    assert [(one.organization.code, one.score, one.why) for one in find_duplicates(PORTLAND)] == [
        ("us-a", 0.98, "The same name in English"),
        ("us-b", 0.931, "The same name in English"),
        ("us-c", 0.88, "Nearly the same name in English, same state or province"),
    ]


def test_drafts_are_found_and_not_what_was_refused_or_has_gone() -> None:
    for state in OrganizationState:
        code = f"us-{state.value.replace('_', '-')}"
        make_organization(code, state=state, name_en="Portland", name_zh="", region="OR")
    assert codes(find_duplicates(PORTLAND)) == [
        "us-approved", "us-changes-requested", "us-draft", "us-on-hold", "us-submitted", "us-suspended",
    ]  # fmt: skip


def test_an_organization_is_not_its_own_duplicate() -> None:
    own = make_organization("us-a", name_en="Portland", name_zh="", region="OR")
    assert codes(find_duplicates(PORTLAND)) == ["us-a"]
    assert find_duplicates(PORTLAND, exclude=own.pk) == []


def test_a_shared_number_is_found_under_any_name() -> None:
    held = make_organization("us-a", kind=Kind.FIRM, name_en="Alpha", name_zh="")
    stated = StatedNames("firm", "US", "", "Beta", identifiers={"ein": "12-3456789"})
    assert find_duplicates(stated) == []
    found = find_duplicates(stated, identifiers={held.pk: {"ein": "12-3456789"}})
    assert [(one.organization.code, one.score, one.why) for one in found] == [
        ("us-a", 1.0, "The same registration number")
    ]
    assert find_duplicates(stated, identifiers={held.pk: {"ein": "12-3456780"}}) == []


def test_the_number_of_queries_does_not_grow(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    for number in range(3):
        make_organization(name_en=f"Other {number}", name_zh="")
    with django_assert_num_queries(1):
        assert find_duplicates(PORTLAND) == []
    for _ in range(3):
        make_organization(name_en="Portland", name_zh="", region="OR")
    with django_assert_num_queries(2):
        assert len(find_duplicates(PORTLAND)) == 3


# --- The first look passes everything that counts ---------------------------------------------------


# Every so manieth organization of the sample is entered again.
STEP = size(small=8, ci=8, full=1)
COLUMNS = ("code", "kind", "country", "region", "name_en", "name_zh")


def sample() -> list[Organization]:
    with SAMPLE.open(encoding="utf-8", newline="") as file:
        rows = [{column: row[column] for column in COLUMNS} for row in csv.DictReader(file)]
    return Organization.objects.bulk_create(
        Organization(**row, state=OrganizationState.APPROVED) for row in rows
    )


def stated(organization: Organization) -> StatedNames:
    return StatedNames(
        organization.kind,
        organization.country,
        organization.region,
        organization.name_en,
        organization.name_zh,
    )


def restated(names: StatedNames) -> Iterator[StatedNames]:
    """The same organization as others would enter it: in one language, with a slip, by initials, moved."""
    yield names
    yield replace(names, name_zh="", region="")
    yield replace(names, name_en="", region="")
    longest = max(names.name_en.split(), key=len)
    middle = len(longest) // 2
    for slip in (longest[:middle] + "q" + longest[middle:], longest[:middle] + longest[middle + 1 :]):
        yield replace(names, name_zh="", name_en=names.name_en.replace(longest, slip))
    yield replace(names, name_zh="", name_en="".join(word[0] for word in names.name_en.split()))
    yield replace(names, name_zh="", name_en=" ".join(reversed(names.name_en.split())))
    yield replace(names, name_zh="", name_en=names.name_en + " International Technologies Inc.")
    if names.name_zh:
        spelt = " ".join(pinyin(simplify(names.name_zh)))
        yield replace(names, name_zh="", name_en=f"{spelt} Youxian Gongsi")
    yield replace(names, name_en="", name_zh=names.name_zh.removesuffix("科技") + "科技发展有限公司")


@pytest.mark.parametrize("only", ["name_en", "name_zh", "both"])
def test_whoever_is_alike_is_found(only: str) -> None:
    register = sample()
    if only != "both":
        other = {"name_en": "name_zh", "name_zh": "name_en"}[only]
        register = [one for one in register if getattr(one, only)]
        Organization.objects.filter(pk__in=[one.pk for one in register]).update(**{other: ""})
        Organization.objects.exclude(pk__in=[one.pk for one in register]).delete()
    entries = {one.code: stated(one) for one in Organization.objects.all()}
    found = 0
    for one in register[::STEP]:
        for again in restated(stated(one)):
            scores = {code: likeness(again, names).score for code, names in entries.items()}
            expected = sorted(code for code, score in scores.items() if score >= THRESHOLD)
            assert sorted(codes(find_duplicates(again))) == expected, again
            found += bool(expected)
    assert found > len(register) / STEP
