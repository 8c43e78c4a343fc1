"""Merging two entries of one organization: what the kept one gains, and that no row is lost on the way."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.utils import timezone, translation

from alliances.enums import Country, EventKind, Kind, MembershipState, OrganizationState, TeamRole
from alliances.models import (
    Agency,
    AllianceDetails,
    AlliancePatron,
    FirmDetails,
    FirmReference,
    Need,
    Offer,
    Organization,
    ReferenceAlliance,
    RegisterEvent,
    ScreeningHit,
    User,
)
from alliances.services.merging import merge
from alliances.services.screening import screening_import
from tests.factories import (
    make_claim,
    make_invitation,
    make_membership,
    make_organization,
    make_team_member,
    make_user,
)

pytestmark = pytest.mark.django_db
S, R, M = OrganizationState, TeamRole, MembershipState


@pytest.fixture
def curator() -> User:
    return make_user(is_staff=True)


def roles(organization: Organization) -> dict[str, str]:
    return dict(organization.team_members.values_list("user__email", "role"))


# --- What the kept one gains -----------------------------------------------------------------------


def test_names_become_aliases_and_are_found_and_screened(curator: User) -> None:
    kept = make_organization(name_en="Blue Pump", name_zh="蓝泵", aliases=["BP"])
    dropped = make_organization(name_en="Lanbeng; Works", name_zh="蓝泵", aliases=["bp", "Pump of Wuxi"])
    screening_import(b"name\nPump of Wuxi\n", file_name="a.csv", name="generic", dated=timezone.now().date())
    merge(kept, dropped, actor=curator)
    kept.refresh_from_db()
    assert kept.aliases == ["BP", "Lanbeng Works", "Pump of Wuxi"]
    assert "lanbengworks" in kept.search_key.replace(" ", "")
    assert ScreeningHit.objects.filter(organization=kept, name="Pump of Wuxi").exists()


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Together the two have 21 aliases (limit 20). Take those out that are not needed."),
        ("zh-hans", "两者的别名合计 21 个（上限 20 个）。请先删去不需要的别名。"),
    ],
)
def test_no_name_is_lost_where_there_are_too_many(curator: User, language: str, sentence: str) -> None:
    kept = make_organization(name_en="Blue", name_zh="", aliases=[f"A{number}" for number in range(18)])
    dropped = make_organization(name_en="Red", name_zh="", aliases=["a1", "Rot", "Rouge"])
    with translation.override(language), pytest.raises(ValidationError) as caught:
        merge(kept, dropped, actor=curator)
    assert caught.value.messages == [sentence]
    Organization.objects.filter(pk=dropped.pk).update(aliases=["a1", "Rot"])
    merge(kept, dropped, actor=curator)
    kept.refresh_from_db()
    assert kept.aliases[18:] == ["Red", "Rot"]


def test_topics_and_statements_are_stated_where_the_kept_one_has_none(curator: User) -> None:
    kept = make_organization(needs={"a": 1, "b": 2, "c": 3})
    dropped = make_organization(needs={"a": 3, "b": 3, "d": 2}, offers={"e": 1})
    kept.needs.filter(topic__slug="b").update(statement="Ours.")
    for slug in ("a", "b", "d"):
        dropped.needs.filter(topic__slug=slug).update(statement=f"Theirs of {slug}.")
    dropped.offers.update(statement="Theirs of e.")
    before = list(dropped.needs.order_by("pk").values())
    merge(kept, dropped, actor=curator)
    assert set(kept.needs.values_list("topic__slug", "priority", "statement")) == {
        ("a", 1, "Theirs of a."),
        ("b", 2, "Ours."),
        ("c", 3, ""),
        ("d", 2, "Theirs of d."),
    }
    assert list(kept.offers.values_list("topic__slug", "maturity", "statement")) == [("e", 1, "Theirs of e.")]
    assert list(dropped.needs.order_by("pk").values()) == before
    newest = Need.history.filter(organization_id=kept.pk, topic__slug="a").first()
    assert (newest.statement, newest.history_user_id, newest.history_change_reason) == (
        "Theirs of a.",
        curator.pk,
        "merge",
    )


def test_the_people_of_both_are_its_team_each_with_the_higher_role(curator: User) -> None:
    kept, dropped = make_organization(), make_organization(state=S.SUBMITTED)
    people = {name: make_user(f"{name}@x.example") for name in ("up", "down", "same", "new")}
    for name, here, there in (
        ("up", R.VIEWER, R.OWNER),
        ("down", R.OWNER, R.VIEWER),
        ("same", R.EDITOR, R.EDITOR),
    ):
        make_team_member(kept, people[name], here)
        make_team_member(dropped, people[name], there)
    make_team_member(dropped, people["new"], R.EDITOR)
    before = roles(dropped)
    merge(kept, dropped, actor=curator)
    assert roles(kept) == {
        "up@x.example": "owner",
        "down@x.example": "owner",
        "same@x.example": "editor",
        "new@x.example": "editor",
    }
    assert roles(dropped) == before
    told = RegisterEvent.objects.filter(organization=kept).order_by("pk")
    assert list(told.values_list("kind", "data", "actor_id"))[:-1] == [
        ("updated", {"fields": ["aliases"]}, curator.pk),
        ("team_role_changed", {"user": people["up"].pk, "from": "viewer", "to": "owner"}, curator.pk),
        ("team_member_added", {"user": people["new"].pk, "role": "editor"}, curator.pk),
    ]


def test_memberships_on_both_sides_come_along_once(curator: User) -> None:
    kept, dropped = (make_organization(kind=Kind.ALLIANCE) for _ in range(2))
    first, second, third, gone = (make_organization() for _ in range(4))
    umbrella = make_organization(kind=Kind.ALLIANCE)
    make_membership(kept, first, state=M.INVITED, waits_for="member")
    make_membership(dropped, first, state=M.CONFIRMED)
    make_membership(kept, second, state=M.CONFIRMED)
    make_membership(dropped, second, state=M.INVITED, waits_for="alliance")
    theirs = make_membership(dropped, third, state=M.INVITED, waits_for="member")
    make_membership(dropped, gone, state=M.LAPSED)
    make_membership(dropped, kept, state=M.CONFIRMED)
    make_membership(umbrella, dropped, state=M.CONFIRMED)
    merge(kept, dropped, actor=curator)
    assert {row.member_id: (row.state, row.waits_for) for row in kept.memberships.all()} == {
        first.pk: ("confirmed", ""),
        second.pk: ("confirmed", ""),
        third.pk: ("invited", "member"),
    }
    theirs.refresh_from_db()
    assert kept.memberships.get(member=third).since == theirs.since
    assert list(kept.alliance_memberships.filter(alliance=umbrella).values_list("state", flat=True)) == [
        "confirmed"
    ]
    assert dropped.memberships.count() == 5


def test_patrons_set_up_and_known_alliances_come_along(curator: User) -> None:
    kept, dropped = (make_organization(kind=Kind.ALLIANCE) for _ in range(2))
    mine, theirs = (
        Agency.objects.create(slug=slug, country="US", name_en=slug, name_zh=slug) for slug in ("moa", "mob")
    )
    AlliancePatron.objects.create(alliance=kept, agency=mine)
    for agency in (mine, theirs):
        AlliancePatron.objects.create(alliance=dropped, agency=agency)
    AllianceDetails.objects.create(organization=dropped, secretariat="Denver", charter="To meet.")
    AllianceDetails.objects.create(organization=kept, secretariat="Wuxi")
    known = ReferenceAlliance.objects.create(name_en="Known", country="US", organization=dropped)
    merge(kept, dropped, actor=curator)
    assert list(kept.patrons.values_list("agency__slug", flat=True)) == ["moa", "mob"]
    details = AllianceDetails.objects.get(organization=kept)
    assert (details.secretariat, details.charter) == ("Wuxi", "To meet.")
    known.refresh_from_db()
    assert known.organization == kept


def test_registration_and_references_come_along_as_far_as_there_is_room(curator: User) -> None:
    kept, dropped = (make_organization(kind=Kind.FIRM) for _ in range(2))
    FirmDetails.objects.create(
        organization=dropped, ein="12-3456789", uei="A23456789BCD", ownership="state", owners=["One", "Two"]
    )
    FirmDetails.objects.create(organization=kept, uei="Z23456789BCD", owners=["Three", "One"])
    screening_import(b"name\nTwo\n", file_name="a.csv", name="generic", dated=timezone.now().date())
    for title in ("One", "Two", "Three", "Four"):
        FirmReference.objects.create(organization=kept, title=title)
    for title in ("two", "Five", "Six"):
        FirmReference.objects.create(organization=dropped, title=title, year=2024)
    merge(kept, dropped, actor=curator)
    details = FirmDetails.objects.get(organization=kept)
    assert (details.ein, details.uei, details.ownership) == ("12-3456789", "Z23456789BCD", "state")
    # Whoever owns it is not a name of it, and is screened.
    kept.refresh_from_db()
    assert (details.owners, kept.aliases) == (["Three", "One", "Two"], [dropped.name_en, dropped.name_zh])
    assert ScreeningHit.objects.filter(organization=kept, name="Two").exists()
    titles = list(kept.references.order_by("pk").values_list("title", flat=True))
    assert titles == ["One", "Two", "Three", "Four", "Five"]
    assert dropped.references.count() == 3


def test_what_is_under_way_goes_on_at_the_kept_one(curator: User) -> None:
    kept, dropped = make_organization(), make_organization()
    member = make_team_member(kept).user
    asked = make_invitation(dropped, "new@x.example")
    settled = make_invitation(dropped, member.email)
    make_invitation(kept, "twice@x.example")
    twice = make_invitation(dropped, "twice@x.example")
    claim = make_claim(dropped)
    of_member = make_claim(dropped, member)
    merge(kept, dropped, actor=curator)
    places = {}
    for row in (asked, settled, twice, claim, of_member):
        row.refresh_from_db()
        places[row.pk, type(row).__name__] = row.organization_id
    assert list(places.values()) == [kept.pk, dropped.pk, dropped.pk, kept.pk, dropped.pk]


def test_the_dropped_one_is_withdrawn_and_points_to_the_kept_one(curator: User) -> None:
    kept, dropped = make_organization(), make_organization()
    merge(kept, dropped, actor=curator)
    assert (dropped.state, dropped.merged_into) == (S.WITHDRAWN, kept)
    data = {"kept": kept.pk, "dropped": dropped.pk}
    merged = RegisterEvent.objects.filter(kind=EventKind.MERGED).order_by("pk")
    assert list(merged.values_list("organization", "actor_id", "data")) == [
        (kept.pk, curator.pk, data),
        (dropped.pk, curator.pk, data),
    ]
    moved = RegisterEvent.objects.get(kind=EventKind.WITHDRAWN)
    assert (moved.organization_id, moved.data) == (dropped.pk, {"from": "approved", "to": "withdrawn"})


# --- What cannot be merged -------------------------------------------------------------------------


def test_refusals_say_what_is_the_matter(curator: User) -> None:
    city = make_organization("us-a", name_en="Alpha", name_zh="阿尔法")
    firm = make_organization(kind=Kind.FIRM, name_en="Pump", name_zh="水泵")
    foreign = make_organization(country=Country.CN, name_en="Wuxi", name_zh="无锡")
    draft = make_organization(state=S.DRAFT, name_en="Draft", name_zh="草")
    gone = make_organization(state=S.WITHDRAWN, name_en="Gone", name_zh="去")
    refusals = {
        (city, city): (
            "An organization cannot be merged into itself.",
            "机构不能与自身合并。",
        ),
        (city, firm): (
            (
                "Only organizations of one kind and one country can be merged: "
                "'Alpha' is City, United States; "
                "'Pump' is Firm, United States."
            ),
            "只有类别和国家都相同的机构才能合并：“阿尔法”为城市，美国；“水泵”为企业，美国。",
        ),
        (city, foreign): (
            (
                "Only organizations of one kind and one country can be merged: "
                "'Alpha' is City, United States; "
                "'Wuxi' is City, China."
            ),
            "只有类别和国家都相同的机构才能合并：“阿尔法”为城市，美国；“无锡”为城市，中国。",
        ),
        (gone, city): (
            "'Gone' cannot be kept: its state is 'Withdrawn'. Merge the other way round.",
            "不能保留“去”：其状态为“已退出”。请反过来合并。",
        ),
        (city, draft): (
            "'Draft' cannot be dropped: its state is 'Draft'.",
            "不能并入“草”：其状态为“草稿”。",
        ),
    }
    for (kept, dropped), sentences in refusals.items():
        for language, sentence in zip(("en", "zh-hans"), sentences, strict=True):
            with translation.override(language), pytest.raises(ValidationError) as caught:
                merge(kept, dropped, actor=curator)
            assert caught.value.messages == [sentence]
    assert RegisterEvent.objects.count() == 0


@pytest.mark.parametrize("who", ["owner of both", "former curator"])
def test_only_staff_merge(who: str) -> None:
    kept, dropped = make_organization(), make_organization()
    actor = make_user(is_staff=who != "owner of both", is_active=who == "owner of both")
    for one in (kept, dropped):
        make_team_member(one, actor)
    with pytest.raises(PermissionDenied):
        merge(kept, dropped, actor=actor)
    assert not Organization.objects.filter(state=S.WITHDRAWN).exists()


# --- Nothing is lost -------------------------------------------------------------------------------

# What a merge may change of a row that was there: by table, the columns.
MAY_CHANGE = {
    "alliances.Organization": {
        "state",
        "merged_into",
        "aliases",
        "search_key",
        "updated_at",
    },
    "alliances.TeamMember": {"role"},
    "alliances.Need": {"statement"},
    "alliances.Offer": {"statement"},
    "alliances.AllianceMembership": {"state", "waits_for"},
    "alliances.FirmDetails": {"credit_code", "ein", "uei", "ownership", "owners"},
    "alliances.AllianceDetails": {"secretariat", "charter"},
    "alliances.TeamInvitation": {"organization", "state"},
    "alliances.TeamClaim": {"organization", "state", "decided_by", "decided_at"},
    "alliances.ReferenceAlliance": {"organization"},
}


def everything() -> dict[str, dict[Any, dict[str, Any]]]:
    """Every row of every table of ours."""
    return {
        model._meta.label: {row.pk: _columns(row) for row in model._base_manager.all()}
        for app in ("alliances", "matchmaking")
        for model in apps.get_app_config(app).get_models()
        if model._meta.managed and not model._meta.proxy
    }


def _columns(row: models.Model) -> dict[str, Any]:
    return {field.name: getattr(row, field.attname) for field in row._meta.concrete_fields}


def _state_more(choice: random.Random, one: Organization) -> None:
    stated: list[Need | Offer] = [*one.needs.all(), *one.offers.all()]
    for row in stated:
        if choice.random() < 0.5:
            row.statement = f"Said of {row.pk}."
            row.save()
    if one.kind == Kind.FIRM:
        owners = choice.sample(["x", "y", "z"], choice.randint(0, 2))
        FirmDetails.objects.create(organization=one, ein=choice.choice(["", "12-3456789"]), owners=owners)
        for title in choice.sample(["r", "s", "t", "u", "v"], choice.randint(0, 4)):
            FirmReference.objects.create(organization=one, title=title)
    if one.kind == Kind.ALLIANCE:
        AllianceDetails.objects.create(organization=one, charter=choice.choice(["", "To meet."]))


def _gather_people(choice: random.Random, one: Organization, people: list[User]) -> None:
    for person in people:
        if choice.random() < 0.6:
            make_team_member(one, person, choice.choice(list(R)))
        elif choice.random() < 0.5:
            make_claim(one, person)
        elif choice.random() < 0.5:
            make_invitation(one, person.email)


def a_shape(choice: random.Random, kind: Kind) -> tuple[Organization, Organization]:
    """Two organizations that have much in common, and much that only one has."""
    kept, dropped = (
        make_organization(
            kind=kind,
            state=choice.choice([S.SUBMITTED, S.ON_HOLD, S.APPROVED, S.SUSPENDED]),
            needs={slug: choice.randint(1, 3) for slug in "abcd" if choice.random() < 0.6},
            offers={slug: choice.randint(1, 3) for slug in "abef" if choice.random() < 0.6},
            aliases=choice.sample(["One", "Two", "Three"], choice.randint(0, 3)),
        )
        for _ in range(2)
    )
    people = [make_user() for _ in range(4)]
    others = [make_organization(kind=Kind.ALLIANCE) for _ in range(3)]
    for one in (kept, dropped):
        _state_more(choice, one)
        _gather_people(choice, one, people)
        for other in others:
            state = choice.choice([None, *M])
            waits = "member" if state == M.INVITED else ""
            if state:
                make_membership(other, one, state=state, waits_for=waits)
            if state and kind == Kind.ALLIANCE:
                make_membership(one, other, state=state, waits_for=waits)
    if kind == Kind.ALLIANCE:
        make_membership(kept, dropped, state=M.CONFIRMED)
    return kept, dropped


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("seed", range(5))
def test_no_row_of_any_table_is_lost_and_none_but_the_said_columns_change(
    curator: User, kind: Kind, seed: int
) -> None:
    kept, dropped = a_shape(random.Random(seed), kind)
    before = everything()
    merge(kept, dropped, actor=curator)
    after = everything()
    assert {label: sorted(rows.keys() - after[label].keys()) for label, rows in before.items()} == {
        label: [] for label in before
    }
    changed = {
        (label, column)
        for label, rows in before.items()
        for pk, row in rows.items()
        for column, value in row.items()
        if after[label][pk][column] != value
    }
    assert changed <= {(label, column) for label, columns in MAY_CHANGE.items() for column in columns}
    # And the kept one has all that either had.
    for name in ("needs", "offers"):
        topics = {row["topic"] for one in (kept, dropped) for row in _of(before, name, one)}
        assert {row.topic_id for row in getattr(kept, name).all()} == topics
    team = set(dropped.team_members.values_list("user", flat=True))
    assert team <= set(kept.team_members.values_list("user", flat=True))


def _of(tables: dict[str, dict[Any, dict[str, Any]]], name: str, one: Organization) -> list[dict[str, Any]]:
    label = {"needs": "alliances.Need", "offers": "alliances.Offer"}[name]
    return [row for row in tables[label].values() if row["organization"] == one.pk]
