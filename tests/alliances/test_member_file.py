"""An alliance's file of its members: what is refused and why, which rows are one, what inviting them does."""

from __future__ import annotations

from functools import partial

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import translation

from alliances.enums import (
    Country,
    EventKind,
    Kind,
    MembershipSide,
    MembershipState,
    OrganizationState,
    TeamRole,
)
from alliances.importing import FileFormat, ImportRefused, table_file
from alliances.importing.members import MAX_MEMBERS
from alliances.models import (
    AllianceAddress,
    AllianceMembership,
    ImportFile,
    Organization,
    RegisterEvent,
    User,
)
from alliances.services import memberships
from alliances.services.member_file import Invited, MembersPreview, Outcome, members_invite, preview_members
from alliances.services.uploads import keep_upload
from tests.alliances.test_team_races import at_once
from tests.factories import make_hit, make_membership, make_organization, make_team_member, make_user

pytestmark = pytest.mark.django_db
TO, S = Outcome, MembershipState


@pytest.fixture
def league() -> Organization:
    return make_organization(
        "cn-league", kind=Kind.ALLIANCE, country=Country.CN, name_en="Peaking League", name_zh="达峰联盟"
    )


@pytest.fixture
def officer(league: Organization) -> User:
    return make_team_member(league, role=TeamRole.EDITOR).user


def city(name_en: str, name_zh: str = "", **fields: object) -> Organization:
    return make_organization(country=Country.CN, name_en=name_en, name_zh=name_zh, **fields)  # type: ignore[arg-type]


def previewed(league: Organization, text: str, name: str = "members.csv") -> MembersPreview:
    return preview_members(league, text.encode(), file_name=name)


def sentences(preview: MembersPreview) -> list[str]:
    return [problem.sentence for problem in preview.problems]


def invited(league: Organization, text: str, officer: User) -> Invited:
    return members_invite(league, keep_upload(text.encode(), name="a.csv", user=officer), actor=officer)


# --- What is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ["The file is empty. Its first line must name the columns."]),
        ("name,email\n", ["Line 1: The file has a header and no rows."]),
        ("email\na@x.org\n", ["Column 'name' is missing."]),
        ("name,phone\nWuhan,1\n", ["Column 'phone' is not known. Remove it."]),
        ("name,e-mail\nWuhan,\n", ["Column 'e-mail' is not known. Did you mean 'email'?"]),
        ("name,name\nWuhan,Wuhan\n", ["Column 'name' stands there more than once."]),
        (
            "name,email\nWuhan\n",
            ["Line 2: The row has 1 cells, the header has 2. Check commas and quotation marks."],
        ),
        (
            "name,email,country\n,a@x.org,CN\nWuhan,nobody,DE\n",
            [
                "Line 2, column 'name': This cell must be filled.",
                "Line 3, column 'email': Enter one email address.",
                "Line 3, column 'country': 'DE' is not known here. Use US, CN.",
            ],
        ),
        (
            "name,code\nWuhan,cn-nowhere\n",
            [
                (
                    "Line 2, column 'code': The directory has no organization of this code. "
                    "Correct it or empty the cell."
                )
            ],
        ),
    ],
)
def test_what_is_wrong_is_named_with_line_and_remedy(
    league: Organization, text: str, said: list[str]
) -> None:
    preview = previewed(league, text)
    assert (sentences(preview), list(preview.members)) == (said, [])


def test_too_many_rows_and_what_is_no_table_are_refused(league: Organization) -> None:
    rows = "".join(f"City {number}\n" for number in range(MAX_MEMBERS + 1))
    assert sentences(previewed(league, "name\n" + rows)) == ["Too many rows (limit 300)."]
    for content, name in ((b"%PDF-1.7", "a.csv"), (b"name\n\xff\xfe\xfd\x80", "a.csv"), (b"name", "a.xlsx")):
        assert len(preview_members(league, content, file_name=name).problems) == 1


def test_both_languages_say_it(league: Organization) -> None:
    with translation.override("zh-hans"):
        assert sentences(previewed(league, "name,code\nWuhan,cn-nowhere\n")) == [
            "第2行“code”列：目录中没有此代码的机构。请更正或清空该单元格。"
        ]


# --- Which rows mean whom -------------------------------------------------------------------------


def test_names_are_known_in_both_scripts_and_rows_of_one_are_one(league: Organization) -> None:
    wuhan = city("Wuhan", "武汉市")
    text = "name,email\nWuhan,\n武汉,a@x.org\nWuhan City,\nJinan,\n济南市,b@x.org\nHarbin,c@x.org\n"
    preview = previewed(league, text)
    assert [(one.entry.name, one.lines, one.entry.email, one.outcome) for one in preview.members] == [
        ("Wuhan", [2, 3, 4], "a@x.org", TO.INVITE),
        ("Jinan", [5, 6], "b@x.org", TO.WRITE),
        ("Harbin", [7], "c@x.org", TO.WRITE),
    ]
    assert [one.organization for one in preview.members] == [wuhan, None, None]
    assert (preview.rows, preview.acting, preview.left) == (6, 3, 200)


def test_the_country_is_the_alliance_s_own_unless_stated(league: Organization) -> None:
    make_organization(country=Country.US, name_en="Portland Water Bureau", kind=Kind.FIRM)
    preview = previewed(league, "name,country,kind\nPortland Water Bureau,,\nPortland Water Bureau,US,firm\n")
    assert [(one.lines, one.outcome) for one in preview.members] == [([2], TO.NO_ADDRESS), ([3], TO.INVITE)]


def test_a_name_that_two_have_asks_for_the_code(league: Organization) -> None:
    for region in ("Fujian", "Hunan"):
        city("Green Bus Works", kind=Kind.FIRM, region=region, code=f"cn-{region.lower()}")
    assert sentences(previewed(league, "name\nGreen Bus Works\n")) == [
        (
            "Line 2, column 'name': The directory has several organizations of this name: "
            "cn-fujian, cn-hunan. State the code."
        )
    ]
    preview = previewed(league, "name,code\nGreen Bus Works,cn-hunan\n")
    assert [(one.organization and one.organization.code) for one in preview.members] == ["cn-hunan"]


def test_nobody_learns_of_one_that_is_not_listed(league: Organization) -> None:
    city("Wuhan", "武汉市", code="cn-wuhan", state=OrganizationState.SUBMITTED)
    city("Jinan", "济南市", code="cn-jinan", shows_name=False)
    make_hit(city("Suzhou", "苏州市", code="cn-suzhou"))
    unknown = previewed(league, "name\nHarbin\n").members[0]
    for name in ("Wuhan", "Jinan", "Suzhou"):
        known = previewed(league, f"name\n{name}\n").members[0]
        assert (known.outcome, known.organization) == (unknown.outcome, unknown.organization), name
        by_code = [
            sentences(previewed(league, f"name,code\nSomebody,{code}\n"))
            for code in (f"cn-{name.lower()}", "cn-gone")
        ]
        assert by_code[0] == by_code[1] != []


def test_what_each_row_comes_to(league: Organization) -> None:
    for name, state, side in (
        ("Member Town", S.CONFIRMED, ""),
        ("Invited Town", S.INVITED, MembershipSide.MEMBER),
        ("Asking Town", S.INVITED, MembershipSide.ALLIANCE),
        ("Former Town", S.LAPSED, ""),
    ):
        make_membership(league, city(name), state=state, waits_for=side)
    AllianceAddress.objects.create(alliance=league, email="known@x.org")
    AllianceAddress.objects.create(alliance=make_organization(kind=Kind.ALLIANCE), email="new@x.org")
    names = ["Member Town", "Invited Town", "Asking Town", "Former Town", "Peaking League"]
    text = "name,email\n" + "".join(f"{name},\n" for name in names)
    text += "Far Works,known@x.org\nNear Works,new@x.org\nOther Plant,new@x.org\nBare Mill,\n"
    assert [one.outcome for one in previewed(league, text).members] == [
        TO.MEMBER,
        TO.INVITED,
        TO.CONFIRM,
        TO.INVITE,
        TO.ITSELF,
        TO.WRITTEN,
        TO.WRITE,
        TO.WRITTEN,
        TO.NO_ADDRESS,
    ]


def test_a_workbook_is_read_alike_and_a_formula_is_text(league: Organization) -> None:
    rows = [["Wuhan", "a@x.org"], ["=HYPERLINK(1)", "b@x.org"]]
    for kind in FileFormat:
        content = table_file(rows, ["name", "email"], kind)
        preview = preview_members(league, content, file_name=f"members.{kind}")
        assert [one.entry.name for one in preview.members] == ["Wuhan", "=HYPERLINK(1)"]


# --- Inviting -------------------------------------------------------------------------------------

TEXT = "name,email\nWuhan,\nAsking Town,\nJinan,Jinan@x.org\nHarbin,\n"


def test_everybody_is_invited_once(league: Organization, officer: User) -> None:
    wuhan, asking = city("Wuhan", "武汉市"), city("Asking Town")
    make_membership(league, asking, waits_for=MembershipSide.ALLIANCE)
    done = invited(league, TEXT, officer)
    assert [(one.member, one.state) for one in done.memberships] == [
        (wuhan, S.INVITED),
        (asking, S.CONFIRMED),
    ]
    assert [(row.email, country) for row, country in done.addresses] == [("jinan@x.org", "CN")]
    assert list(done.refused) == []
    assert ImportFile.objects.count() == 0
    event = RegisterEvent.objects.get(kind=EventKind.ADDRESSES_WRITTEN_TO)
    assert (event.organization, event.actor_id, event.data) == (
        league,
        officer.pk,
        {"addresses": [AllianceAddress.objects.get().pk]},
    )
    again = invited(league, TEXT, officer)
    assert (again.memberships, again.addresses, AllianceAddress.objects.count()) == ([], [], 1)


def test_a_bad_file_invites_nobody(league: Organization, officer: User) -> None:
    city("Wuhan")
    with pytest.raises(ImportRefused):
        invited(league, "name,email\nWuhan,\nJinan,nobody\n", officer)
    assert (AllianceMembership.objects.count(), AllianceAddress.objects.count()) == (0, 0)


def test_only_its_owners_and_editors_and_only_while_approved(league: Organization, officer: User) -> None:
    for actor in (make_team_member(league, role=TeamRole.VIEWER).user, make_user()):
        with pytest.raises(PermissionDenied):
            invited(league, TEXT, actor)
    Organization.objects.filter(pk=league.pk).update(state=OrganizationState.SUSPENDED)
    with pytest.raises(ValidationError, match="Only an approved alliance has members"):
        invited(league, TEXT, officer)
    assert AllianceAddress.objects.count() == 0


def test_what_is_more_than_a_day_has_is_refused_as_a_whole(
    league: Organization, officer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    city("Wuhan")
    monkeypatch.setattr(memberships, "A_DAY", 1)
    with pytest.raises(ValidationError) as refused:
        invited(league, TEXT, officer)
    assert refused.value.messages == [
        "An alliance can make 1 invitations in a day; 1 are left. Continue tomorrow."
    ]
    assert (AllianceMembership.objects.count(), AllianceAddress.objects.count()) == (0, 0)


def test_one_that_was_invited_too_often_holds_up_nobody_else(league: Organization, officer: User) -> None:
    wuhan = city("Wuhan")
    city("Asking Town")
    for _ in range(memberships.TO_ONE):
        made = memberships.membership_invite(league, wuhan, actor=officer)
        memberships.membership_decline(made, actor=officer)
    done = invited(league, TEXT, officer)
    assert [one.member.name_en for one in done.memberships] == ["Asking Town"]
    assert list(done.refused) == ["Wuhan was invited 3 times in the last month. Write to them yourself."]


@pytest.mark.django_db(transaction=True)
def test_the_same_file_sent_twice_at_once_writes_once(league: Organization, officer: User) -> None:
    city("Wuhan")
    kept = keep_upload(TEXT.encode(), name="a.csv", user=officer)
    uploads = [ImportFile.objects.get(pk=kept.pk) for _hand in range(2)]
    outcomes = at_once(*(partial(members_invite, league, upload, actor=officer) for upload in uploads))
    assert outcomes == ["done", "done"]
    assert (AllianceMembership.objects.count(), AllianceAddress.objects.count()) == (1, 1)
    assert RegisterEvent.objects.filter(kind=EventKind.ADDRESSES_WRITTEN_TO).count() == 1
