"""Agencies and alliances at the desk: who endorses whom, who covers an area, whom to ask."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alliances import endorsements
from alliances.endorsements import AreaFigures, Asked
from alliances.enums import Country, Kind, MembershipState, OrganizationState, TeamRole
from alliances.models import (
    Agency,
    AllianceDetails,
    AlliancePatron,
    ChallengeArea,
    Offer,
    Organization,
    ReferenceAlliance,
    User,
)
from tests.factories import make_membership, make_organization, make_team_member, make_topic, make_user

pytestmark = pytest.mark.django_db
Scene = dict[str, Organization]
PAGE = "/admin/alliances/agency/alliances/"
CHINESE = {"accept-language": "zh-hans"}


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(make_user("curator@test.example", is_staff=True, is_superuser=True))
    return client


def make_agency(slug: str, name_en: str, name_zh: str, country: Country = Country.CN) -> Agency:
    return Agency.objects.create(slug=slug, country=country, name_en=name_en, name_zh=name_zh)


def make_alliance(
    code: str, *patrons: Agency, country: Country = Country.CN, **fields: object
) -> Organization:
    alliance = make_organization(code, kind=Kind.ALLIANCE, country=country, **fields)  # type: ignore[arg-type]
    for agency in patrons:
        AlliancePatron.objects.create(alliance=alliance, agency=agency)
    return alliance


@pytest.fixture
def scene() -> Scene:
    """Two agencies; a water alliance with two members, of which one waits; a housing alliance of its own."""
    for slug, area in (("rain", "water"), ("sewers", "water"), ("rents", "housing")):
        make_topic(slug, area)
    ministry = make_agency("cn-miit", "Ministry of Industry", "工业部")
    other = make_agency("us-doe", "Department of Energy", "能源部", Country.US)
    water = make_alliance(
        "cn-water", ministry, other, needs={"rents": 2}, name_en="Water Union", name_zh="水联盟"
    )
    housing = make_alliance("us-homes", other, country=Country.US, offers={"rents": 2}, name_en="Homes Union")
    member = make_organization("us-city", needs={"rents": 1}, offers={"rain": 1, "sewers": 2})
    waiting = make_organization("us-waits", offers={"rents": 3})
    make_membership(water, member, state=MembershipState.CONFIRMED)
    make_membership(water, waiting, waits_for="member")
    AllianceDetails.objects.create(organization=water, secretariat="Office in Beijing")
    make_team_member(water, make_user("li@water.example", name="Li Wei"))
    make_team_member(water, make_user("ann@water.example", name="Ann"), role=TeamRole.VIEWER)
    return {"water": water, "housing": housing, "member": member}


def area(slug: str) -> ChallengeArea:
    return ChallengeArea.objects.get(slug=slug)


def test_an_alliance_is_told_with_agencies_members_areas_and_whom_to_ask(
    scene: Scene,
) -> None:
    (water, housing) = endorsements.endorsements([scene["water"], scene["housing"]])
    assert [agency.slug for agency in water.agencies] == ["cn-miit", "us-doe"]
    assert (water.members, water.secretariat, water.owners) == (
        1,
        "Office in Beijing",
        ["Li Wei (…@water.example)"],
    )
    assert water.areas == [AreaFigures(area("water"), 0, 0, 0, 2), AreaFigures(area("housing"), 1, 0, 1, 0)]
    assert (housing.members, housing.secretariat, housing.owners) == (0, "", [])
    assert housing.areas == [AreaFigures(area("housing"), 0, 1, 0, 0)]


def test_an_area_is_covered_by_own_needs_and_offers_and_by_members_offers(
    scene: Scene,
) -> None:
    def found(asked: Asked) -> list[str]:
        return list(endorsements.registered(asked).values_list("code", flat=True))

    assert found(Asked()) == ["cn-water", "us-homes"]
    assert found(Asked(area=area("water"))) == ["cn-water"]
    assert found(Asked(area=area("housing"))) == ["cn-water", "us-homes"]
    assert found(Asked(agency=Agency.objects.get(slug="cn-miit"))) == ["cn-water"]
    assert found(Asked(country="US")) == ["us-homes"]
    assert found(Asked(words="HOMES")) == ["us-homes"]
    assert found(Asked(words="水")) == ["cn-water"]
    assert [(one.slug, count) for one, count in endorsements.areas_with_counts("")] == [
        ("water", 1),
        ("housing", 2),
    ]
    assert [(one.slug, count) for one, count in endorsements.areas_with_counts("US")] == [
        ("water", 0),
        ("housing", 1),
    ]


@pytest.mark.parametrize("state", [OrganizationState.SUBMITTED, OrganizationState.SUSPENDED])
def test_who_takes_no_part_covers_nothing(scene: Scene, state: OrganizationState) -> None:
    Organization.objects.filter(pk=scene["member"].pk).update(state=state)
    assert [count for _area, count in endorsements.areas_with_counts("")] == [0, 2]
    assert endorsements.endorsements([scene["water"]])[0].members == 0
    Organization.objects.filter(pk=scene["water"].pk).update(state=state)
    assert [count for _area, count in endorsements.areas_with_counts("")] == [0, 1]
    assert [(one.slug, count) for one, count, _known in endorsements.agencies_with_counts("")] == [
        ("cn-miit", 0),
        ("us-doe", 1),
    ]


def test_what_is_known_from_print_stands_with_the_agencies_it_names(scene: Scene) -> None:
    ministry, other = Agency.objects.order_by("slug")
    printed = ReferenceAlliance.objects.create(
        name_en="Sensor League", country="CN", patron_en="the ministry of industry (guidance)"
    )
    printed.topics.add(make_topic("rain"))
    ReferenceAlliance.objects.create(name_en="Wind League", country="CN", patron_zh="能源部；市政府")
    ReferenceAlliance.objects.create(
        name_en="Registered", country="CN", patron_zh="工业部", organization=scene["water"]
    )

    def found(asked: Asked) -> list[str]:
        return [one.name_en for one in endorsements.known(asked)]

    assert found(Asked()) == ["Sensor League", "Wind League"]
    assert found(Asked(agency=ministry)) == ["Sensor League"]
    assert found(Asked(agency=other)) == ["Wind League"]
    assert found(Asked(area=area("water"))) == ["Sensor League"]
    assert found(Asked(country="US")) == []
    assert found(Asked(words="wind")) == ["Wind League"]
    assert [count for _one, _registered, count in endorsements.agencies_with_counts("")] == [1, 1]


def test_the_page_in_both_languages_without_an_address(desk: Client, scene: Scene) -> None:
    page = desk.get(PAGE, {"area": "water"}).content.decode()
    for words in ("Water Union", "1 confirmed member", "Office in Beijing · Li Wei (…@water.example)"):
        assert words in page
    assert "Homes Union" not in page
    assert "<title>Agencies and alliances" in " ".join(page.split()).replace("<title> ", "<title>")
    assert "li@water.example" not in page
    assert "Ann" not in page.replace("Announce", "")
    assert f"/admin/alliances/alliance/{scene['water'].pk}/show_contacts/" in page
    page = desk.get(PAGE, headers=CHINESE).content.decode()
    for words in ("水联盟", "已确认成员1个", "联系人：", "工业部"):
        assert words in page


def test_what_is_not_known_narrows_nothing(desk: Client, scene: Scene) -> None:
    answer = desk.get(PAGE, {"agency": "x", "area": "nowhere", "country": "FR", "q": " ", "page": "-1"})
    assert (answer.status_code, answer.context["page"].paginator.count) == (200, 2)


def test_the_side_bar_and_the_agency_lead_there(desk: Client, scene: Scene) -> None:
    assert f'href="{PAGE}"' in desk.get("/admin/").content.decode()
    ministry = Agency.objects.get(slug="cn-miit")
    answer = desk.get(f"/admin/alliances/agency/{ministry.pk}/endorsements_of/")
    assert answer["Location"] == f"{PAGE}?agency=cn-miit"
    assert desk.get("/admin/alliances/agency/0/endorsements_of/").status_code == 302


def test_only_who_may_see_alliances_opens_it(client: Client) -> None:
    staff: User = make_user(is_staff=True)
    client.force_login(staff)
    assert client.get(PAGE).status_code == 403
    assert f'href="{PAGE}"' not in client.get("/admin/").content.decode()


def test_it_costs_the_same_for_two_alliances_and_for_many(desk: Client, scene: Scene) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            desk.get(PAGE)
        return len(queries)

    topic = make_topic("rain")
    ReferenceAlliance.objects.create(name_en="Printed", country="CN").topics.add(topic)
    desk.get(PAGE)
    before = cost()
    for number in range(30):
        alliance = make_alliance(f"cn-many-{number}", Agency.objects.all()[0])
        member = make_organization()
        Offer.objects.create(organization=member, topic=topic)
        make_membership(alliance, member, state=MembershipState.CONFIRMED)
        make_team_member(alliance)
        ReferenceAlliance.objects.create(name_en=f"Printed {number}", country="CN").topics.add(topic)
    assert cost() == before
