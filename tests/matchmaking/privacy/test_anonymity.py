"""Anonymous card, then name, then contact: who an organization is stays hidden until it agrees (P19)."""

from __future__ import annotations

import json

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from alliances.anonymity import veiled
from alliances.enums import ConsentPurpose, Country, Kind, PopulationBasis, TeamRole
from alliances.models import FirmReference, Offer, Organization
from alliances.services.anonymity import shows_name_set
from alliances.services.claims import claim_ask
from matchmaking.enums import Answer, EmailKind, EmailState
from matchmaking.models import CurationEvent, Disclosure, OutboxEmail
from matchmaking.selectors.personal_data import personal_data
from matchmaking.services import interests
from matchmaking.services.digests import queue_due
from matchmaking.services.disclosure import name_hide, name_show
from matchmaking.services.shortlist import pair_save
from matchmaking.services.sponsoring import sponsor
from tests.factories import make_consent, make_organization, make_team_member, make_topic, make_user
from tests.matchmaking.alliance.scenes import make_alliance, make_officer
from tests.matchmaking.introductions.scenes import Couple, made_days_ago, make_couples
from tests.matchmaking.portal.pages import CHINESE, signed_in, text_of, words_of
from tests.matchmaking.privacy.test_canaries import make_world, marks_in, seen_by

pytestmark = pytest.mark.django_db

IDENTITY = ("cn1", "identity")


def make_anonymous(couple: Couple) -> Organization:
    """The Chinese side with a mark in everything that tells who it is, and no consent to be named."""
    one = couple.cn.organization
    Organization.objects.filter(pk=one.pk).update(
        kind=Kind.CITY,
        region="Hubei",
        population=10_412_345,
        population_basis=PopulationBasis.URBAN,
        latitude=30.5928,
        longitude=114.3055,
        name_en="Canary-cn1-identity",
        name_zh="Canary-cn1-identity 市",
        aliases=["Canary-cn1-identity again"],
        search_key="canary-cn1-identity",
        website="https://canary-cn1-identity.example/",
        summary_en="We are canary-cn1-identity.",
        summary_zh="canary-cn1-identity 在此",
    )
    Offer.objects.create(
        organization=one, topic=make_topic("sponge-city"), maturity=3, statement="canary-cn1-identity did it"
    )
    FirmReference.objects.create(organization=one, title="canary-cn1-identity built it")
    one.refresh_from_db()
    shows_name_set(one, shows_name=False, actor=couple.cn.person)
    one.refresh_from_db()
    return one


@pytest.fixture
def couple() -> Couple:
    return make_couples(1)[0]


def test_who_it_is_shows_to_nobody_until_it_agrees() -> None:
    world = make_world()
    first = world.first
    make_anonymous(first)
    make_consent(first.us.person, ConsentPurpose.DIGEST)

    def seen(name: str) -> list[str]:
        marks = seen_by(world.sides[name].person if name else None, world)
        return [path for path, found in marks.items() if IDENTITY in found]

    queue_due()
    assert [seen(name) for name in ("us1", "us2", "cn2", "")] == [[], [], [], []]
    first.us.say(Answer.INTERESTED)
    interests.tell()
    assert seen("us1") == []
    name_show(first.cn.recommendation, by=first.cn.person)
    page = f"/recommendations/{first.us.recommendation.public_id}/"
    named = seen("us1")
    assert page in named
    assert "/recommendations/" in named
    assert [seen(name) for name in ("us2", "cn2")] == [[], []]
    name_hide(first.cn.recommendation, by=first.cn.person)
    assert seen("us1") == []
    made_days_ago(first, 36)
    assert interests.close_silent() == 1
    mails = OutboxEmail.objects.filter(user=first.us.person)
    assert {mail.kind for mail in mails} == {EmailKind.DIGEST, EmailKind.INTEREST_CLOSED}
    told = [marks_in(f"{mail.subject} {mail.body_text} {mail.body_html}") for mail in mails]
    assert [IDENTITY in marks for marks in told] == [False, False]


def test_mails_and_pages_describe_it(couple: Couple) -> None:
    make_anonymous(couple)
    make_consent(couple.us.person, ConsentPurpose.DIGEST)
    queue_due()
    body = OutboxEmail.objects.get(user=couple.us.person).body_text
    assert "1. City in Hubei, China 中国湖北的一座城市" in body
    assert "City · Hubei · Super-large city · anonymous until it agrees" in body
    assert "Has 10.4 million people" not in body
    assert "times your scale" not in body
    page = f"/recommendations/{couple.us.recommendation.public_id}/"
    english = words_of(text_of(signed_in(couple.us.person), page))
    assert "City in Hubei, China" in english
    assert "The exact size is shown together with the name." in english
    assert "This organization shows its name only to those it chooses." in english
    chinese = words_of(text_of(signed_in(couple.us.person, CHINESE), page))
    assert "中国湖北的一座城市" in chinese
    assert "同意前不公开名称" in chinese


def test_program_reads_a_description(couple: Couple) -> None:
    make_anonymous(couple)
    client = signed_in(couple.us.person)
    (listed,) = client.get("/api/v1/recommendations/").json()["results"]
    one = client.get(f"/api/v1/recommendations/{listed['id']}/").json()
    assert one == {**listed, "state": "seen"}
    candidate = listed["candidate"]
    assert (candidate["code"], candidate["name_en"]) == ("", "City in Hubei, China")
    assert (candidate["population"], candidate["latitude"], candidate["website"]) == (None, None, "")
    assert candidate["offers"] == [{"topic": "sponge-city", "maturity": 3}]
    assert listed["disclosure"] == "anonymous"
    criteria = [reason["criterion"] for side in listed["breakdown"].values() for reason in side["reasons"]]
    assert "scale" not in criteria
    couple.cn.say(Answer.INTERESTED)
    named = client.get(f"/api/v1/recommendations/{listed['id']}/").json()
    assert (named["disclosure"], named["candidate"]["name_en"]) == ("named", "Canary-cn1-identity")
    couple.us.recommendation.refresh_from_db()
    couple.us.say(Answer.INTERESTED)
    assert client.get(f"/api/v1/recommendations/{listed['id']}/").json()["disclosure"] == "introduced"


def test_description_says_where_but_not_of_a_city_that_is_its_region() -> None:
    def described(kind: Kind, country: Country, region: str, subtype: str = "") -> tuple[str, str]:
        made = veiled(make_organization(kind=kind, country=country, region=region, subtype=subtype))
        return made.name_en, made.name_zh

    assert described(Kind.CITY, Country.CN, "Shanghai") == ("City in China", "中国的一座城市")
    assert described(Kind.FIRM, Country.CN, "Shanghai") == ("Firm in Shanghai, China", "中国上海的一家企业")
    assert described(Kind.ALLIANCE, Country.US, "OR") == (
        "Alliance in Oregon, United States",
        "美国俄勒冈州的一个联盟",
    )
    assert described(Kind.FIRM, Country.US, "") == ("Firm in the United States", "美国的一家企业")
    assert described(Kind.ALLIANCE, Country.US, "OR", "university") == (
        "University in Oregon, United States",
        "美国俄勒冈州的一家机构（大学）",
    )
    assert described(Kind.CITY, Country.CN, "Shanghai", "port") == ("Port in China", "中国的一家机构（港口）")


def test_own_side_reads_what_they_see_and_changes_it(couple: Couple) -> None:
    make_anonymous(couple)
    client = signed_in(couple.cn.person)
    page = f"/recommendations/{couple.cn.recommendation.public_id}/"
    assert "“City in Hubei, China”, your size class" in words_of(text_of(client, page))
    address = f"{page}name/"
    for word, count in (("yes", 1), ("yes", 1), ("no", 0), ("no", 0)):
        assert client.post(address, {"shown": word}).status_code == 302
        assert Disclosure.objects.count() == count
    events = CurationEvent.objects.filter(kind__in=("name_shown", "name_hidden")).order_by("pk")
    assert [event.kind for event in events] == ["name_shown", "name_hidden"]
    assert client.post(address, {"shown": "maybe"}).status_code == 400
    assert client.get(address).headers["Location"] == page
    # The other side has nothing to show here, and does not find this one.
    assert signed_in(couple.us.person).post(address, {"shown": "yes"}).status_code == 404


def test_viewer_shows_nothing(couple: Couple) -> None:
    make_anonymous(couple)
    viewer = make_team_member(couple.cn.organization, role=TeamRole.VIEWER).user
    with pytest.raises(PermissionDenied):
        name_show(couple.cn.recommendation, by=viewer)
    with pytest.raises(PermissionDenied):
        name_hide(couple.cn.recommendation, by=viewer)


def test_another_answer_than_interested_hides_the_name_again(couple: Couple) -> None:
    make_anonymous(couple)
    page = f"/recommendations/{couple.us.recommendation.public_id}/"
    couple.cn.say(Answer.INTERESTED)
    assert IDENTITY in marks_in(text_of(signed_in(couple.us.person), page))
    couple.cn.recommendation.refresh_from_db()
    couple.cn.say(Answer.DECLINED, reason="budget")
    assert marks_in(text_of(signed_in(couple.us.person), page)) == set()


def test_directory_lists_who_shows_its_name(couple: Couple) -> None:
    one = make_anonymous(couple)
    client = signed_in(couple.us.person)
    assert IDENTITY not in marks_in(text_of(client, "/directory/?q=canary"))
    assert client.get(f"/directory/{one.code}/").status_code == 404
    shows_name_set(one, shows_name=True, actor=couple.cn.person)
    assert IDENTITY in marks_in(text_of(client, "/directory/"))


def test_directory_stays_open_to_the_anonymous_themselves(couple: Couple) -> None:
    make_anonymous(couple)
    Organization.objects.exclude(pk=couple.cn.organization.pk).update(shows_name=False)
    assert signed_in(couple.cn.person).get("/directory/").status_code == 200


def test_copy_of_my_data_holds_the_code_once_it_is_named(couple: Couple) -> None:
    one = make_anonymous(couple)
    pair_save(couple.us.recommendation, saved=True, by=couple.us.person)

    def saved() -> str:
        (table,) = [table for table in personal_data(couple.us.person) if table.name == "pairs_saved"]
        return json.dumps([dict(zip(table.columns, row, strict=True)) for row in table.rows], default=str)

    assert couple.us.organization.code in saved()
    assert one.code not in saved()
    name_show(couple.cn.recommendation, by=couple.cn.person)
    assert one.code in saved()


def test_sizes_are_told_in_whole_points_and_the_sums_are_the_same(couple: Couple) -> None:
    make_anonymous(couple)
    client = signed_in(couple.us.person)
    before = couple.us.recommendation.breakdown
    (one,) = client.get("/api/v1/recommendations/").json()["results"]
    for side in ("seeker", "candidate"):
        told = {entry["criterion"]: entry for entry in one["breakdown"][side]["criteria"]}
        for size in ("reach", "scale"):
            assert told[size]["value"] is None
            assert told[size]["share"] == round(told[size]["share"], 2)
        shares = one["breakdown"][side]["base"] + sum(entry["share"] for entry in told.values())
        assert shares == pytest.approx(before[side]["affinity"])


def test_public_map_is_the_same_with_and_without_it(couple: Couple) -> None:
    one = make_anonymous(couple)
    hidden = text_of(Client(), "/")
    Organization.objects.filter(pk=one.pk).update(latitude=None, longitude=None)
    assert text_of(Client(), "/").split("<svg")[2:] == hidden.split("<svg")[2:]
    Organization.objects.filter(pk=one.pk).update(shows_name=True, latitude=30.5928, longitude=114.3055)
    assert text_of(Client(), "/").split("<svg")[2:] != hidden.split("<svg")[2:]


def test_description_has_no_region_where_the_city_has_its_name() -> None:
    for name, region in (("New York", "NY"), ("Oklahoma City", "OK"), ("Washington", "DC")):
        city = make_organization(kind=Kind.CITY, region=region, name_en=name)
        assert (veiled(city).name_en, veiled(city).region) == ("City in the United States", "")


def test_copy_of_my_data_names_nobody_whom_the_pages_do_not(couple: Couple) -> None:
    one = make_anonymous(couple)
    alliance = make_alliance(couple.us.organization)
    officer = make_officer(alliance)
    sponsor(alliance, couple.us.recommendation, by=officer)
    stranger = make_user()
    claim_ask(one, message="I plan the buses here.", actor=stranger)
    for person in (officer, stranger):
        assert one.code not in json.dumps([table.rows for table in personal_data(person)], default=str)
    name_show(couple.cn.recommendation, by=couple.cn.person)
    assert one.code in json.dumps([table.rows for table in personal_data(officer)], default=str)


def test_copy_of_my_data_holds_the_digests_that_went_out(couple: Couple) -> None:
    make_consent(couple.us.person, ConsentPurpose.DIGEST)
    queue_due()

    def texts() -> list[str]:
        (table,) = [table for table in personal_data(couple.us.person) if table.name == "emails"]
        return [row[list(table.columns).index("text")] for row in table.rows]

    assert texts() == [""]
    OutboxEmail.objects.update(state=EmailState.SENT, sent_at=timezone.now())
    assert couple.cn.organization.name_en in texts()[0]
