"""Pins: proposed and released ahead of rank, first in list and mail, and never over a hard constraint."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from alliances.enums import Country, HitState, Kind, OrganizationState
from alliances.models import Organization, ScreeningHit, User
from matchmaking.enums import RecommendationState as S
from matchmaking.models import (
    CurationEvent,
    CurationNote,
    Exclusion,
    MatchRun,
    OutboxEmail,
    Pair,
    Pin,
    Recommendation,
)
from matchmaking.selectors.digests import people_due, plan_digests
from matchmaking.selectors.recommendations import listings
from matchmaking.services import digests, runs
from matchmaking.services.curation import (
    pins_remove,
    recommendations_note,
    recommendations_pin,
    recommendations_unpin,
)
from matchmaking.services.policies import active_policy
from matchmaking.services.recommendations import recommendations_exclude, recommendations_hold
from tests.factories import make_hit, make_organization, make_user
from tests.matchmaking.jurisdiction.rules import make_rule
from tests.matchmaking.recommendations.test_propose import change_policy, work_until_proposing
from tests.matchmaking.runs.conftest import complete_run, work_off
from tests.matchmaking.scenes import Scene, make_scene

pytestmark = pytest.mark.django_db
API = "/api/v1/recommendations/"
NOT_FROM = "The state is '%s'. Only what is proposed, held, or released and not answered, can be pinned."


@pytest.fixture
def curator() -> User:
    return make_user(is_staff=True)


def pin(seeker: Organization, candidate: Organization) -> Pin:
    return Pin.objects.create(seeker=seeker, candidate=candidate, reason="They met.")


def rows(run: MatchRun, seeker: Organization) -> dict[str, tuple[int | None, str]]:
    """What this run recommends to this seeker: rank and state by the candidate's code."""
    found = Recommendation.objects.filter(run=run, seeker=seeker)
    return {
        code: (rank, state) for code, rank, state in found.values_list("candidate__code", "rank", "state")
    }


@pytest.fixture
def last() -> tuple[Scene, Organization]:
    """Five Chinese cities of which the last is worth the least to Springfield: a scene, and that city."""
    scene = make_scene(cities=4)
    city = make_organization(
        country=Country.CN, name_en="Lastzhou", name_zh="末州市", languages=["zh"], offers={"e-bus": 1}
    )
    Recommendation.objects.all().delete()
    return scene, city


# --- Proposing -----------------------------------------------------------------------------------


def test_a_pinned_candidate_is_proposed_in_the_place_of_the_last_of_its_kind(
    last: tuple[Scene, Organization],
) -> None:
    scene, city = last
    us = scene.seekers[0]
    before = rows(complete_run(), us)
    # Three of the five cities, the firm and the alliance.
    assert sorted(rank or 0 for rank, _state in before.values()) == [1, 1, 1, 2, 3]
    (third,) = [code for code, (rank, _state) in before.items() if rank == 3]
    Recommendation.objects.all().delete()
    pin(us, city)
    del before[third]
    assert rows(complete_run(), us) == {**before, city.code: (5, "released")}


def test_a_pinned_candidate_that_no_list_holds_has_its_honest_score_and_no_rank(
    last: tuple[Scene, Organization],
) -> None:
    scene, city = last
    us = scene.seekers[0]
    pin(us, city)
    wide = Recommendation.objects.get(run=complete_run(), seeker=us, candidate=city)
    assert wide.rank == 5
    Recommendation.objects.all().delete()
    narrow = Recommendation.objects.get(run=complete_run(top_k=1), seeker=us, candidate=city)
    assert (narrow.rank, narrow.kind, narrow.state) == (None, "city", "released")
    for name in ("score", "affinity", "candidate_affinity", "breakdown", "pair_id"):
        assert getattr(narrow, name) == getattr(wide, name), name


def test_every_later_run_proposes_it_again_until_it_is_unpinned(
    last: tuple[Scene, Organization], curator: User
) -> None:
    scene, city = last
    us = scene.seekers[0]
    change_policy(release="manual")
    pin(us, city)
    assert rows(complete_run(), us)[city.code] == (5, "released")
    Recommendation.objects.filter(candidate=city).update(state=S.EXPIRED)
    second = complete_run()
    assert rows(second, us)[city.code] == (5, "released")
    one = Recommendation.objects.get(run=second, candidate=city)
    assert recommendations_unpin([one], by=curator) == (1, [])
    Recommendation.objects.filter(candidate=city).update(state=S.EXPIRED)
    assert city.code not in rows(complete_run(), us)


def test_where_staff_release_what_is_pinned_is_released_alone(last: tuple[Scene, Organization]) -> None:
    scene, city = last
    change_policy(release="manual")
    pin(scene.seekers[0], city)
    run = complete_run()
    released = Recommendation.objects.get(run=run, state=S.RELEASED)
    assert (released.candidate, released.seeker) == (city, scene.seekers[0])
    assert Recommendation.objects.filter(run=run, state=S.PROPOSED).count() == 11
    event = CurationEvent.objects.get(subject="run", subject_id=run.pk, kind="proposed")
    assert event.data["released"] == 1


def test_a_hold_is_stronger(last: tuple[Scene, Organization], curator: User) -> None:
    scene, city = last
    us = scene.seekers[0]
    pin(us, city)
    recommendations_hold(Recommendation.objects.filter(run=complete_run(), candidate=city), by=curator)
    assert rows(complete_run(), us)[city.code] == (5, "held")


def _exclude(us: Organization, city: Organization) -> None:
    pair = Pair.objects.create(
        low=min(us, city, key=lambda one: one.pk), high=max(us, city, key=lambda one: one.pk)
    )
    Exclusion.objects.create(pair=pair, reason="No.")


def _list(_us: Organization, city: Organization) -> None:
    hit = make_hit()
    ScreeningHit.objects.filter(pk=hit.pk).update(organization=city, state=HitState.OPEN)


def _change(**fields: object) -> Callable[[Organization, Organization], None]:
    return lambda _us, city: _do(Organization.objects.filter(pk=city.pk).update(**fields))


def _do(_done: object) -> None:
    """A statement where an expression stands."""


HARD: dict[str, Callable[[Organization, Organization], None]] = {
    "excluded": _exclude,
    "listed": _list,
    "blocked": lambda _us, _city: _do(make_rule()),
    "refused": _change(refuses=[Kind.CITY]),
    "full": _change(capacity=0),
    "suspended": _change(state=OrganizationState.SUSPENDED),
    "not tied": lambda _us, city: _do(city.offers.all().delete()),
}


@pytest.mark.parametrize("top_k", [1, 20])
@pytest.mark.parametrize("name", HARD)
def test_a_pin_is_never_over_a_hard_constraint(
    last: tuple[Scene, Organization], name: str, top_k: int
) -> None:
    scene, city = last
    us = scene.seekers[0]
    pin(us, city)
    HARD[name](us, city)
    assert city.code not in rows(complete_run(top_k=top_k), us)


def test_a_hit_that_came_while_it_ran_keeps_it_unseen(last: tuple[Scene, Organization]) -> None:
    scene, city = last
    change_policy(release="manual")
    us = scene.seekers[0]
    pin(us, city)
    run = runs.run_request(active_policy())
    work_until_proposing(run)
    _list(us, city)
    work_off()
    assert rows(run, us)[city.code] == (5, "proposed")


def test_who_registered_while_it_ran_waits_for_the_next(last: tuple[Scene, Organization]) -> None:
    scene, _city = last
    us = scene.seekers[0]
    run = runs.run_request(active_policy())
    new = make_organization(country=Country.CN, languages=["zh"], offers={"e-bus": 1})
    pin(us, new)
    work_off()
    proposed = rows(run, us)
    assert len(proposed) == 5
    assert new.code not in proposed
    assert new.code in rows(complete_run(), us)


# --- First in list and mail ----------------------------------------------------------------------


def test_it_stands_first_in_list_digest_and_api_and_nothing_says_why(
    last: tuple[Scene, Organization], client: Client, curator: User
) -> None:
    scene, city = last
    us, reader = scene.seekers[0], scene.readers[0]
    pin(us, city)
    complete_run()
    (listing,) = listings(reader)
    assert listing.recommendations[0].candidate == city
    assert listing.recommendations[0].score == min(one.score for one in listing.recommendations)
    (planned,) = plan_digests(list(people_due(timezone.now())))
    assert planned.recommendations[0].candidate == city
    assert digests.queue_due() == 1
    recommendations_note(Recommendation.objects.filter(candidate=city), text="Ask them first.", by=curator)
    client.force_login(reader)
    api = client.get(API).json()["results"]
    assert api[0]["candidate"]["code"] == city.code
    one = Recommendation.objects.filter(candidate=city, state=S.RELEASED).get()
    pages = [
        client.get(path).content.decode()
        for path in (
            "/",
            "/recommendations/",
            f"/recommendations/{one.public_id}/",
            "/api/v1/recommendations/",
        )
    ]
    pages += [OutboxEmail.objects.get().body_html, OutboxEmail.objects.get().body_text]
    for page in pages:
        assert "They met." not in page
        assert "Ask them first." not in page
        assert "pinned" not in page.lower()


# --- What staff do -------------------------------------------------------------------------------


def test_pinning_says_what_it_skipped_and_is_on_record(curator: User) -> None:
    make_scene()
    mine = list(Recommendation.objects.filter(seeker__country="US").order_by("pk"))
    Recommendation.objects.filter(pk=mine[1].pk).update(state=S.DECLINED)
    recommendations_exclude([mine[2]], reason="No.", by=curator)
    Recommendation.objects.filter(pk=mine[2].pk).update(state=S.PROPOSED)
    assert recommendations_pin(mine[:1], reason="  They met. ", by=curator) == (1, [])
    assert recommendations_pin(mine, reason="They met.", by=curator) == (
        1,
        [
            "It is pinned already.",
            NOT_FROM % "Declined",
            "The pair is excluded.",
        ],
    )
    made = Pin.objects.order_by("pk")
    assert [(one.seeker_id, one.candidate_id, one.reason, one.created_by) for one in made] == [
        (one.seeker_id, one.candidate_id, "They met.", curator) for one in (mine[0], mine[3])
    ]
    assert recommendations_unpin(mine, by=curator) == (2, ["It is not pinned."] * 2)
    assert not Pin.objects.exists()
    events = CurationEvent.objects.filter(subject="pin").order_by("pk")
    assert [(one.kind, one.actor_id, one.data["candidate"]) for one in events] == [
        (kind, curator.pk, one.candidate_id) for kind in ("pinned", "unpinned") for one in (mine[0], mine[3])
    ]


@pytest.mark.parametrize("state", S)
def test_what_is_in_the_hands_of_the_sides_is_not_pinned(curator: User, state: S) -> None:
    make_scene()
    one = Recommendation.objects.all()[0]
    Recommendation.objects.filter(pk=one.pk).update(state=state, released_at=timezone.now())
    expected = state in {S.PROPOSED, S.HELD, S.RELEASED, S.SEEN}
    assert recommendations_pin([one], reason="They met.", by=curator).done == int(expected)
    one.refresh_from_db()
    assert one.state == state


def test_notes_are_kept_one_after_another(curator: User) -> None:
    make_scene()
    one, other = Recommendation.objects.order_by("pk")[:2]
    assert recommendations_note([one, other], text=" Ask them first. ", by=curator) == (2, [])
    assert recommendations_note([one], text="They said yes.", by=curator) == (1, [])
    notes = CurationNote.objects.filter(recommendation=one)
    assert [(note.text, note.author) for note in notes] == [
        ("They said yes.", curator),
        ("Ask them first.", curator),
    ]
    events = CurationEvent.objects.filter(kind="noted").order_by("pk")
    assert [(event.subject_id, event.actor_id, set(event.data)) for event in events] == [
        (pk, curator.pk, {"note"}) for pk in (one.pk, other.pk, one.pk)
    ]


@pytest.mark.parametrize("words", ["", "  ", "x" * 501])
def test_both_need_words(curator: User, words: str) -> None:
    make_scene()
    everything = Recommendation.objects.all()
    with pytest.raises(ValidationError, match="at most 500"):
        recommendations_pin(everything, reason=words, by=curator)
    with pytest.raises(ValidationError, match="at most 500"):
        recommendations_note(everything, text=words, by=curator)
    assert not Pin.objects.exists()
    assert not CurationNote.objects.exists()


def test_only_active_staff_may() -> None:
    make_scene()
    one = Recommendation.objects.all()[0]
    pin(one.seeker, one.candidate)
    for person in (make_user(), make_user(is_staff=True, is_active=False)):
        with pytest.raises(PermissionDenied):
            recommendations_pin([one], reason="They met.", by=person)
        with pytest.raises(PermissionDenied):
            recommendations_unpin([one], by=person)
        with pytest.raises(PermissionDenied):
            pins_remove(Pin.objects.all(), by=person)
        with pytest.raises(PermissionDenied):
            recommendations_note([one], text="Ask.", by=person)
    assert Pin.objects.count() == 1
    assert not CurationNote.objects.exists()


@pytest.mark.parametrize(
    "name", ["pin_once", "pin_two_parties", "pin_reason_given", "curationnote_text_given"]
)
def test_the_database_keeps_it(name: str) -> None:
    make_scene()
    one = Recommendation.objects.all()[0]
    pin(one.seeker, one.candidate)
    breaks: dict[str, Callable[[], object]] = {
        "pin_once": lambda: pin(one.seeker, one.candidate),
        "pin_two_parties": lambda: pin(one.seeker, one.seeker),
        "pin_reason_given": lambda: Pin.objects.create(seeker=one.candidate, candidate=one.seeker, reason=""),
        "curationnote_text_given": lambda: CurationNote.objects.create(recommendation=one, text=""),
    }
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        breaks[name]()
