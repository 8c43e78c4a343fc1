"""Sponsoring: an alliance's word for a match of a member. Who gives it, while it counts, where it is read."""

from __future__ import annotations

import threading

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from alliances.enums import ConsentPurpose, MembershipState, OrganizationState, TeamRole
from alliances.models import AllianceMembership, Organization
from matchmaking.enums import Answer, EmailKind
from matchmaking.enums import RecommendationState as S
from matchmaking.models import CurationEvent, Exclusion, OutboxEmail, Pair, Recommendation, Sponsorship
from matchmaking.selectors.sponsoring import sponsors_of
from matchmaking.services import digests, interests
from matchmaking.services.disclosure import name_show
from matchmaking.services.sponsoring import sponsor, sponsor_withdraw
from tests.factories import make_consent, make_organization, make_user
from tests.matchmaking.alliance.scenes import make_alliance, make_officer
from tests.matchmaking.api.callers import program
from tests.matchmaking.introductions.scenes import Couple, made_days_ago, make_couples
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of

pytestmark = pytest.mark.django_db

YOURS = "Clean Rivers, the alliance of which you are a member, sponsors this match."
THEIRS = "Clean Rivers, the alliance of which it is a member, sponsors this match."
TAG = "Sponsored by Clean Rivers"


@pytest.fixture
def couple() -> Couple:
    return make_couples(1)[0]


@pytest.fixture
def alliance(couple: Couple) -> Organization:
    return make_alliance(couple.cn.organization, name_en="Clean Rivers", name_zh="清河联盟")


def sponsored(couple: Couple, alliance: Organization) -> Sponsorship:
    return sponsor(alliance, couple.cn.recommendation, by=make_officer(alliance))


# --- Giving it and taking it back ----------------------------------------------------------------


@pytest.mark.parametrize("role", [TeamRole.OWNER, TeamRole.EDITOR])
def test_each_twice_is_once_and_leaves_its_audit_rows(
    couple: Couple, alliance: Organization, role: TeamRole
) -> None:
    officer = make_officer(alliance, role)
    first = sponsor(alliance, couple.cn.recommendation, by=officer)
    assert sponsor(alliance, couple.cn.recommendation, by=make_officer(alliance)) == first
    kept = Sponsorship.objects.get()
    assert (kept.alliance, kept.member, kept.pair, kept.sponsored_by) == (
        alliance,
        couple.cn.organization,
        couple.pair,
        officer,
    )
    for _time in range(2):
        sponsor_withdraw(alliance, couple.pair.pk, by=officer)
    assert Sponsorship.objects.count() == 0
    events = CurationEvent.objects.filter(subject="pair", subject_id=couple.pair.pk).order_by("pk")
    data = {"alliance": alliance.pk, "member": couple.cn.organization.pk}
    assert list(events.values_list("kind", "actor_id", "data")) == [
        ("sponsored", officer.pk, data),
        ("sponsor_withdrawn", officer.pk, data),
    ]


def test_only_owners_and_editors_of_the_approved_alliance(couple: Couple, alliance: Organization) -> None:
    officer = make_officer(alliance)
    gone = make_officer(alliance)
    gone.is_active = False
    others = (
        make_officer(alliance, TeamRole.VIEWER),
        make_officer(make_alliance(couple.cn.organization)),
        couple.cn.person,
        make_user(is_staff=True),
        gone,
    )
    made = sponsor(alliance, couple.cn.recommendation, by=officer)
    for person in others:
        with pytest.raises(PermissionDenied):
            sponsor(alliance, couple.cn.recommendation, by=person)
        with pytest.raises(PermissionDenied):
            sponsor_withdraw(alliance, couple.pair.pk, by=person)
    alliance.state = OrganizationState.SUSPENDED
    alliance.save(update_fields=["state"])
    with pytest.raises(PermissionDenied):
        sponsor(alliance, couple.cn.recommendation, by=officer)
    assert Sponsorship.objects.get() == made


@pytest.mark.parametrize("state", [MembershipState.INVITED, MembershipState.LAPSED, None])
def test_only_for_a_confirmed_member(
    couple: Couple, alliance: Organization, state: MembershipState | None
) -> None:
    if state:
        waits_for = "member" if state == MembershipState.INVITED else ""
        AllianceMembership.objects.update(state=state, waits_for=waits_for)
    else:
        AllianceMembership.objects.all().delete()
    with pytest.raises(ValidationError) as refused:
        sponsored(couple, alliance)
    assert refused.value.messages == ["This organization is no confirmed member of the alliance."]
    assert Sponsorship.objects.count() == 0


@pytest.mark.parametrize("state", [S.PROPOSED, S.HELD, S.SUPERSEDED, S.DECLINED, S.EXPIRED, "excluded"])
def test_only_what_is_open_to_the_member(couple: Couple, alliance: Organization, state: str) -> None:
    if state == "excluded":
        Exclusion.objects.create(pair=couple.pair, reason="known")
    else:
        Recommendation.objects.filter(pk=couple.cn.recommendation.pk).update(state=state)
    # What the other side is shown does not open it.
    with pytest.raises(ValidationError) as refused:
        sponsored(couple, alliance)
    assert refused.value.messages == ["This match is no longer open, so it cannot be sponsored."]


def test_not_a_match_of_its_own(couple: Couple, alliance: Organization) -> None:
    Organization.objects.filter(pk=couple.us.organization.pk).update(kind="alliance")
    other = couple.us.organization
    AllianceMembership.objects.create(
        alliance=other, member=couple.cn.organization, state=MembershipState.CONFIRMED
    )
    with pytest.raises(ValidationError) as refused:
        sponsor(other, couple.cn.recommendation, by=make_officer(other))
    assert refused.value.messages == ["An alliance cannot sponsor a match of its own."]


def test_the_database_holds_what_must_never_be(couple: Couple, alliance: Organization) -> None:
    made = sponsored(couple, alliance)
    third = make_organization()
    other_pair = Pair.objects.create(low=alliance, high=third)
    for fields, name in (
        ({"alliance": alliance, "member": made.member, "pair": made.pair}, "matchmaking_sponsorship_once"),
        ({"alliance": made.member, "member": made.member, "pair": made.pair}, "cannot be sponsored"),
        ({"alliance": alliance, "member": third, "pair": made.pair}, "cannot be sponsored"),
        ({"alliance": alliance, "member": third, "pair": other_pair}, "cannot be sponsored"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Sponsorship.objects.create(**fields)
    with pytest.raises(IntegrityError, match="cannot be sponsored"), transaction.atomic():
        Sponsorship.objects.update(member=third)


@pytest.mark.django_db(transaction=True)
def test_a_membership_that_ends_meanwhile_is_waited_for() -> None:
    couple = make_couples(1)[0]
    alliance = make_alliance(couple.cn.organization)
    officer, refusals = make_officer(alliance), []

    def give() -> None:
        try:
            sponsor(alliance, couple.cn.recommendation, by=officer)
        except ValidationError as error:
            refusals.append(error.code)
        finally:
            connection.close()

    with transaction.atomic():
        AllianceMembership.objects.update(state=MembershipState.LAPSED)
        thread = threading.Thread(target=give)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
    thread.join()
    assert (refusals, Sponsorship.objects.count()) == (["member"], 0)


# --- While it counts -----------------------------------------------------------------------------


@pytest.mark.parametrize("end", ["membership", "alliance"])
def test_it_counts_while_the_membership_and_the_alliance_last(
    couple: Couple, alliance: Organization, end: str
) -> None:
    made = sponsored(couple, alliance)
    assert sponsors_of([couple.us.recommendation]) == {couple.us.recommendation.pk: [made]}
    if end == "membership":
        AllianceMembership.objects.update(state=MembershipState.LAPSED)
    else:
        Organization.objects.filter(pk=alliance.pk).update(state=OrganizationState.SUSPENDED)
    assert sponsors_of([couple.us.recommendation]) == {}
    assert TAG not in text_of(signed_in(couple.us.person), "/recommendations/")
    AllianceMembership.objects.update(state=MembershipState.CONFIRMED)
    Organization.objects.filter(pk=alliance.pk).update(state=OrganizationState.APPROVED)
    assert sponsors_of([couple.us.recommendation]) == {couple.us.recommendation.pk: [made]}


def test_another_members_confirmation_does_not_count(couple: Couple, alliance: Organization) -> None:
    sponsored(couple, alliance)
    AllianceMembership.objects.update(member=make_organization())
    assert sponsors_of([couple.us.recommendation]) == {}


# --- Where it is read ----------------------------------------------------------------------------


def test_both_sides_read_it_on_card_page_and_comparison(couple: Couple, alliance: Organization) -> None:
    before = couple.us.recommendation.score
    sponsored(couple, alliance)
    for side, sentence in ((couple.cn, YOURS), (couple.us, THEIRS)):
        client, one = signed_in(side.person), side.recommendation
        card = text_of(client, "/recommendations/")
        assert f'<span class="tag tag--ok">{TAG}</span>' in card
        assert f"<li>{sentence}</li>" in card
        page = text_of(client, f"/recommendations/{one.public_id}/")
        assert f'<span class="tag tag--ok">{TAG}</span>' in page
        assert f'<p class="notice notice--ok"><span>{sentence}</span></p>' in page
        compared = text_of(client, f"/recommendations/compare/?compare={one.public_id}")
        assert sentence in compared
    couple.us.recommendation.refresh_from_db()
    assert couple.us.recommendation.score == before


def test_who_is_not_sponsored_is_not_marked(couple: Couple, alliance: Organization) -> None:
    client = signed_in(couple.us.person)
    page = text_of(client, f"/recommendations/compare/?compare={couple.us.recommendation.public_id}")
    assert '<th scope="row">Sponsored</th>' in page
    for path in ("/recommendations/", f"/recommendations/{couple.us.recommendation.public_id}/"):
        assert "ponsor" not in text_of(client, path)


def test_in_chinese(couple: Couple, alliance: Organization) -> None:
    sponsored(couple, alliance)
    words = words_of(text_of(signed_in(couple.cn.person, CHINESE), "/recommendations/"))
    assert "由清河联盟背书" in words
    assert "贵方所属的联盟“清河联盟”为此次匹配背书。" in words
    words = words_of(text_of(signed_in(couple.us.person, CHINESE), "/recommendations/"))
    assert "对方所属的联盟“清河联盟”为此次匹配背书。" in words


def test_the_digest_tells_it_to_both_sides(couple: Couple, alliance: Organization) -> None:
    for side in (couple.us, couple.cn):
        make_consent(side.person, ConsentPurpose.DIGEST)
    sponsored(couple, alliance)
    digests.queue_due()
    for side, sentence in ((couple.cn, YOURS), (couple.us, THEIRS)):
        mail = OutboxEmail.objects.get(user=side.person, kind=EmailKind.DIGEST)
        assert mail.body_text.count(f"   - {sentence}\n") == 1
        assert mail.body_html.count(sentence) == 1


def test_the_interest_mails_tell_it(couple: Couple, alliance: Organization) -> None:
    sponsored(couple, alliance)
    couple.cn.say(Answer.INTERESTED)
    interests.tell()
    made_days_ago(couple, 10)
    interests.remind()
    mails = OutboxEmail.objects.filter(user=couple.us.person).order_by("pk")
    assert [mail.kind for mail in mails] == [EmailKind.INTEREST_RECEIVED, EmailKind.INTEREST_REMINDER]
    for mail in mails:
        assert (mail.body_text.count(f"- {THEIRS}\n"), mail.body_html.count(THEIRS)) == (1, 1)


def test_the_api_names_the_sponsors(couple: Couple, alliance: Organization) -> None:
    caller = program(couple.us.organization, couple.us.person)
    path = f"/recommendations/{couple.us.recommendation.public_id}/"
    assert caller.get(path)[1]["sponsors"] == []
    sponsored(couple, alliance)
    expected = [{"code": alliance.code, "name_en": "Clean Rivers", "name_zh": "清河联盟"}]
    assert caller.get(path)[1]["sponsors"] == expected
    assert caller.get("/recommendations/")[1]["results"][0]["sponsors"] == expected
    AllianceMembership.objects.update(state=MembershipState.LAPSED)
    assert caller.get(path)[1]["sponsors"] == []


# --- The page ------------------------------------------------------------------------------------


def test_the_button_sponsors_and_takes_back(couple: Couple, alliance: Organization) -> None:
    client = signed_in(make_officer(alliance))
    path = f"/alliance/{alliance.code}/recommendations/?member={couple.cn.organization.code}"
    data = {"recommendation": str(couple.cn.recommendation.public_id)}
    answer = client.post(path, {**data, "act": "sponsor"})
    assert (answer.status_code, answer["location"]) == (302, path)
    page = words_of(text_of(client, path))
    assert "Both sides now read that your alliance sponsors this match." in page
    assert "Sponsored by you since" in page
    assert client.post(path, {**data, "act": "withdraw"}).status_code == 302
    page = words_of(text_of(client, path))
    assert "The sponsorship is taken back." in page
    assert "Sponsored by you since" not in page
    assert Sponsorship.objects.count() == 0


def test_the_page_refuses_what_the_service_refuses(couple: Couple, alliance: Organization) -> None:
    client = signed_in(make_officer(alliance))
    path = f"/alliance/{alliance.code}/recommendations/"
    data = {"recommendation": str(couple.cn.recommendation.public_id), "act": "sponsor"}
    Exclusion.objects.create(pair=couple.pair, reason="known")
    answer = client.post(path, data)
    assert answer.status_code == 400
    assert "This match is no longer open, so it cannot be sponsored." in answer.content.decode()
    assert client.post(path, {**data, "act": "else"}).status_code == 400
    for unknown in ("", "\x00", str(couple.us.recommendation.public_id)):
        assert client.post(path, {**data, "recommendation": unknown}).status_code == 404
    viewer = signed_in(make_officer(alliance, TeamRole.VIEWER))
    assert viewer.post(path, data).status_code == 403
    assert 'name="act"' not in text_of(viewer, path)
    assert signed_in(couple.cn.person).post(path, data).status_code == 404
    assert Sponsorship.objects.count() == 0


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_refusals_are_in_the_readers_language(couple: Couple, alliance: Organization, language: str) -> None:
    AllianceMembership.objects.all().delete()
    with translation.override(language), pytest.raises(ValidationError) as refused:
        sponsored(couple, alliance)
    with translation.override(language):
        assert refused.value.messages == [
            "This organization is no confirmed member of the alliance."
            if language == ENGLISH
            else "该机构不是本联盟已确认的成员。"
        ]


# --- An anonymous member -------------------------------------------------------------------------


def test_alliance_of_an_anonymous_candidate_is_told_once_that_is_named(
    couple: Couple, alliance: Organization
) -> None:
    sponsored(couple, alliance)
    Organization.objects.filter(pk=couple.cn.organization.pk).update(shows_name=False)
    page = f"/recommendations/{couple.us.recommendation.public_id}/"
    api = f"/api/v1{page}"
    reader = signed_in(couple.us.person)
    assert "Clean Rivers" not in text_of(reader, page)
    assert reader.get(api).json()["sponsors"] == []
    # The member itself reads who sponsors it, and its alliance the pair as the member reads it.
    assert TAG in text_of(signed_in(couple.cn.person), "/recommendations/")
    name_show(couple.cn.recommendation, by=couple.cn.person)
    assert "Clean Rivers" in text_of(reader, page)
    assert [one["code"] for one in reader.get(api).json()["sponsors"]] == [alliance.code]


def test_alliance_reads_of_an_anonymous_candidate_what_its_member_reads(
    couple: Couple, alliance: Organization
) -> None:
    Organization.objects.filter(pk=couple.us.organization.pk).update(shows_name=False)
    page = text_of(signed_in(make_officer(alliance)), f"/alliance/{alliance.code}/recommendations/")
    assert "City in the United States" in page
    assert couple.us.organization.name_en not in page
