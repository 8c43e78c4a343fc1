"""Every bad cell is named with line, column, value and remedy; nothing of such a file is saved."""

from __future__ import annotations

import pytest

from alliances.importing.organizations import READERS
from alliances.models import Organization
from tests.alliances.files import CITY, organizations_file, problems_of
from tests.sizes import size

pytestmark = pytest.mark.usefixtures("reference")

ALLIANCE = {"code": "us-z", "kind": "alliance", "country": "US", "name_en": "Zeta"}


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("code", "", "This cell must be filled."),
        ("code", "US City", "A code is lower-case letters, digits and single hyphens, like us-city-wichita."),
        ("code", "a" * 41, "The text is too long (41 characters; limit 40)."),
        ("kind", "", "This cell must be filled: city, firm, alliance."),
        ("kind", "citty", "'citty' is not known here. Did you mean 'city'?"),
        ("kind", "ministry", "'ministry' is not known here. Use city, firm, alliance."),
        ("country", "us", "'us' is not known here. Did you mean 'US'?"),
        ("country", "", "This cell must be filled: US, CN."),
        ("subtype", "harbour", ("'harbour' is not known here. Use port, utility, transit_agency, agency, "
         "university, research_institute, hospital, ngo, zone, state_province, investor.")),
        ("name_en", "Acme\r\nBcc: x", "A name cannot contain line breaks or tabs."),
        ("name_en", "Ac\0me", "Text contains a character that is not allowed (U+0000)."),
        ("name_en", "Ac\u202eme", "Text contains invisible or direction-changing characters (U+202E)."),
        ("name_en", "Ac\u200bme", "Text contains invisible or direction-changing characters (U+200B)."),
        ("name_en", "Ac\u2028me", "Text contains invisible or direction-changing characters (U+2028)."),
        ("name_en", "Verify: http://evil.example", "Names cannot contain links or email addresses."),
        ("name_en", "", "Give a name in English or in Chinese."),
        ("name_zh", "市" * 201, "The text is too long (201 characters; limit 200)."),
        ("region", "a@b.example", "Names cannot contain links or email addresses."),
        ("aliases", "Good|see www.evil.example", "Names cannot contain links or email addresses."),
        ("aliases", "|".join(map(str, range(21))), "The list is too long (21 items; limit 20)."),
        ("summary_en", "x" * 2001, "The text is too long (2,001 characters; limit 2,000)."),
        ("summary_zh", "a\x07b", "Text contains a character that is not allowed (U+0007)."),
        ("population", "8,8", "Write a whole number from 1 to 1000000000, digits only."),
        ("population", "0", "Write a whole number from 1 to 1000000000, digits only."),
        ("population", "１２", "Write a whole number from 1 to 1000000000, digits only."),
        ("population", "1e400", "Write a whole number from 1 to 1000000000, digits only."),
        ("population_basis", "guess", ("'guess' is not known here. Use urban, city_proper, municipality, "
         "metro, geonames, other.")),
        ("size_band", "very_large", "'very_large' is not known here. Did you mean 'very-large'?"),
        ("latitude", "91", "Write decimal degrees from -90 to 90, like -97.34."),
        ("latitude", "nan", "Write decimal degrees from -90 to 90, like -97.34."),
        ("longitude", "1e400", "Write decimal degrees from -180 to 180, like -97.34."),
        ("longitude", "12,5", "Write decimal degrees from -180 to 180, like -97.34."),
        ("website", "javascript:alert(1)", "Website must start with http:// or https://."),
        ("website", "ftp://example.org", "Website must start with http:// or https://."),
        ("website", "https://", "This is not a complete web address."),
        ("languages", "en|fr", "'fr' is not known here. Use en, zh."),
        ("needs", "xyz", "Topic 'xyz' is not known. Use the topic list's slugs."),
        ("needs", "air-qualty:3", "Topic 'air-qualty' is not known. Did you mean 'air-quality'?"),
        ("needs", "air-quality:4", "Level '4' of topic 'air-quality' is not 1, 2 or 3."),
        ("offers", "air-quality:", "Level '' of topic 'air-quality' is not 1, 2 or 3."),
        ("offers", "air-quality|air-quality:1", "Topic 'air-quality' stands there twice."),
        ("offers", "environment", "Topic 'environment' is not known. Use the topic list's slugs."),
        ("seeks", "firm|bank", "'bank' is not known here. Use city, firm, alliance."),
        ("refuses", "all", "'all' is not known here. Use city, firm, alliance."),
        ("partnership_types", "pilots", "'pilots' is not known here. Did you mean 'pilot'?"),
        ("stage", "on market", "'on market' is not known here. Did you mean 'on_market'?"),
        ("horizon", "soon", "'soon' is not known here. Use under_6, 6_to_12, 12_to_18, 18_to_36, over_36."),
        ("budget_band", "1m", ("'1m' is not known here. Use under_50k, 50k_to_250k, 250k_to_1m, 1m_to_5m, "
         "5m_to_20m, over_20m.")),
        ("capacity", "101", "Write a whole number from 0 to 100, digits only."),
        ("patron", "cn-mitt", "'cn-mitt' is not known here. Did you mean 'cn-miit'?"),
        ("members", "No Code",
         "A code is lower-case letters, digits and single hyphens, like us-city-wichita."),
        ("contact_email", "a@x.org, b@x.org", "Enter one email address."),
        ("contact_email", "nobody", "Enter one email address."),
        ("contact_email", "张三@例子.公司", "The part before @ must use Latin letters for now."),
        ("contact_email", "a" * 250 + "@x.org", "Email address is too long (limit 254)."),
    ],
)  # fmt: skip
def test_a_bad_cell_is_named(column: str, value: str, message: str) -> None:
    good = {**CITY, "code": "us-good"}
    problems = problems_of(organizations_file({**CITY, column: value}, good))
    assert [(one.line, one.column, one.message) for one in problems if one.column == column] == [
        (2, column, message)
    ]
    assert problems[0].sentence == f"Line 2, column '{column}': {message}"
    assert Organization.objects.count() == 0


def test_every_column_has_a_bad_value_above() -> None:
    marks = test_a_bad_cell_is_named.pytestmark  # type: ignore[attr-defined]
    assert {row[0] for row in marks[0].args[1]} == set(READERS)


@pytest.mark.parametrize(
    ("row", "column", "message"),
    [
        (
            {"population": 5, "population_basis": "urban", "size_band": "small"},
            "size_band",
            "Give a population or a size band, not both.",
        ),
        (
            {"population": 5},
            "population_basis",
            "Say what the population counts: the basis is missing.",
        ),
        ({"population_basis": "urban"}, "population", "A basis is given without a population."),
        ({"latitude": 1.5}, "longitude", "Give both latitude and longitude, or neither."),
        ({"longitude": 1.5}, "latitude", "Give both latitude and longitude, or neither."),
        ({"patron": "cn-miit"}, "patron", "Only an alliance has this. Empty the cell."),
        ({"members": "us-z"}, "members", "Only an alliance has this. Empty the cell."),
        (
            {**ALLIANCE, "members": "us-z"},
            "members",
            "An alliance cannot be its own member.",
        ),
        (
            {**ALLIANCE, "members": "us-nobody"},
            "members",
            "Organization 'us-nobody' is neither in the register nor in the file.",
        ),
    ],
)
def test_columns_that_do_not_go_together_are_named(row: dict[str, object], column: str, message: str) -> None:
    problems = problems_of(organizations_file({**CITY, "code": "us-good"}, {**CITY, **row}))
    assert [(one.line, one.column, one.message) for one in problems] == [(3, column, message)]


@pytest.mark.parametrize(
    ("header", "messages"),
    [
        ("kind,country,name_en", ["Column 'code' is missing."]),
        ("code,name_zh", ["Column 'kind' is missing.", "Column 'country' is missing."]),
        ("code,kind,country", ["Column 'name_en' or 'name_zh' is missing."]),
        (
            "code,kind,country,name_en,Population,about,,code",
            [
                "Column 'Population' is not known. Did you mean 'population'?",
                "Column 'about' is not known. Remove it.",
                "Column 7 has no name.",
                "Column 'code' stands there more than once.",
            ],
        ),
    ],
)
def test_every_missing_unknown_unnamed_or_doubled_column_is_named(header: str, messages: list[str]) -> None:
    problems = problems_of(f"{header}\n{',' * header.count(',')}x\n".encode())
    assert [(one.line, one.sentence) for one in problems] == [(1, text) for text in messages]


def test_a_code_that_stands_twice_names_both_lines() -> None:
    problems = problems_of(organizations_file(CITY, {**CITY, "code": "us-b"}, CITY))
    assert [one.sentence for one in problems] == [
        "Line 4, column 'code': Code 'us-a' stands on line 2 too. Remove one of the two rows."
    ]


def test_a_header_without_rows() -> None:
    assert [one.message for one in problems_of(b"code,kind,country,name_en\n")] == [
        "The file has a header and no rows."
    ]


def test_one_bad_row_at_the_end_saves_nothing() -> None:
    count = size(small=1_000, ci=5_000, full=5_000)
    rows: list[dict[str, object]] = [{**CITY, "code": f"us-{n}"} for n in range(count)]
    rows[count - 2] = {**rows[count - 2], "country": "DE"}
    problems = problems_of(organizations_file(*rows))
    assert [(one.line, one.column, one.value) for one in problems] == [(count, "country", "DE")]
    assert Organization.objects.count() == 0


def test_all_bad_rows_are_collected_and_many_faults_of_one_row_are_cut() -> None:
    many = "|".join(f"no-such-topic-{n}" for n in range(50))
    problems = problems_of(
        organizations_file(
            {**CITY, "needs": many}, {**CITY, "code": "X", "needs": "no"}, {**CITY, "code": "us-c"}
        )
    )
    assert [one.line for one in problems] == [2] * 20 + [3, 3]


def test_kind_and_country_of_a_known_code_cannot_be_changed() -> None:
    assert problems_of(organizations_file(CITY)) == []
    problems = problems_of(organizations_file({**CITY, "kind": "firm", "country": "CN"}))
    assert [(one.column, one.message) for one in problems] == [
        ("kind", "The register has this code with city; that cannot be changed. Use another code."),
        ("country", "The register has this code with US; that cannot be changed. Use another code."),
    ]


def test_a_partial_row_is_checked_against_what_is_stored() -> None:
    stored = {**CITY, "population": 5, "population_basis": "urban", "name_zh": "甲"}
    assert problems_of(organizations_file(stored)) == []
    problems = problems_of(organizations_file({**CITY, "size_band": "small"}))
    assert [one.column for one in problems] == ["size_band"]
    assert problems_of(organizations_file({**CITY, "name_en": ""})) == []
