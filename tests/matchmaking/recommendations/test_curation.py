"""What staff do to recommendations: every move from every state, by whom, and what it leaves behind."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.utils import timezone, translation

from alliances.models import User
from matchmaking.enums import EmailState
from matchmaking.enums import RecommendationState as S
from matchmaking.models import CurationEvent, Exclusion, OutboxEmail, Recommendation
from matchmaking.services import digests
from matchmaking.services.recommendations import (
    Outcome,
    recommendations_exclude,
    recommendations_hold,
    recommendations_release,
)
from tests.factories import make_user
from tests.matchmaking.scenes import make_scene

Act = Callable[[Recommendation, User], Outcome]


def hold(one: Recommendation, by: User) -> Outcome:
    return recommendations_hold([one], by=by)


def release(one: Recommendation, by: User) -> Outcome:
    return recommendations_release([one], by=by)


def exclude(one: Recommendation, by: User, reason: str = "They know each other.") -> Outcome:
    return recommendations_exclude([one], reason=reason, by=by)


MOVES: list[tuple[Act, set[S], S]] = [
    (hold, {S.PROPOSED, S.RELEASED}, S.HELD),
    (release, {S.PROPOSED, S.HELD}, S.RELEASED),
    (exclude, {S.PROPOSED, S.HELD, S.RELEASED, S.SEEN, S.INTERESTED, S.LATER}, S.EXPIRED),
]


@pytest.fixture
def curator() -> User:
    return make_user(is_staff=True)


def recommendation_in(state: S) -> Recommendation:
    make_scene()
    one = Recommendation.objects.order_by("pk")[0]
    Recommendation.objects.filter(pk=one.pk).update(state=state, released_at=timezone.now())
    one.refresh_from_db()
    return one


@pytest.mark.django_db
@pytest.mark.parametrize(("act", "sources", "to"), MOVES)
def test_move_is_made_from_its_states_only(curator: User, act: Act, sources: set[S], to: S) -> None:
    make_scene()
    # A recommendation a state: the two sides of a pair would follow one another.
    mine = Recommendation.objects.filter(seeker__country="US")
    for state in S:
        one = mine.order_by("pk")[0]
        Exclusion.objects.all().delete()
        mine.update(state=state, released_at=timezone.now())
        one.refresh_from_db()
        events = CurationEvent.objects.filter(subject="recommendation", subject_id=one.pk)
        before = events.count()
        if state in sources:
            assert act(one, curator) == Outcome(1, [])
            one.refresh_from_db()
            assert one.state == to
            event = events.order_by("-pk")[0]
            assert (event.actor_id, event.data) == (curator.pk, {"from": state.value, "to": to.value})
            assert events.count() == before + 1
        else:
            done, [refusal] = act(one, curator)
            assert (done, refusal.partition(".")[0]) == (0, f"The state is '{state.label}'")
            one.refresh_from_db()
            assert (one.state, events.count()) == (state, before)
            assert not Exclusion.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("act", "sources", "to"), MOVES)
def test_only_active_staff_may(act: Act, sources: set[S], to: S) -> None:
    one = recommendation_in(S.PROPOSED)
    for person in (make_user(), make_user(is_staff=True, is_active=False)):
        with pytest.raises(PermissionDenied):
            act(one, person)
    one.refresh_from_db()
    assert one.state == S.PROPOSED


@pytest.mark.django_db
def test_exclusion_expires_both_directions_and_is_written_once(curator: User) -> None:
    make_scene()
    one = Recommendation.objects.filter(seeker__country="US").order_by("-score")[0]
    other = Recommendation.objects.get(seeker=one.candidate, candidate=one.seeker)
    assert exclude(one, curator, "  They know each other. ").done == 1
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.state, other.state) == (S.EXPIRED, S.EXPIRED)
    exclusion = Exclusion.objects.get()
    assert (exclusion.pair_id, exclusion.reason, exclusion.created_by) == (
        one.pair_id,
        "They know each other.",
        curator,
    )
    assert exclude(other, curator, "Again.").done == 0
    assert Exclusion.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_exclusion_needs_a_reason(curator: User, reason: str) -> None:
    one = recommendation_in(S.RELEASED)
    with pytest.raises(ValidationError, match="at most 500"):
        exclude(one, curator, reason)
    assert not Exclusion.objects.exists()


@pytest.mark.django_db
def test_bulk_moves_what_can_move_and_says_why_not(curator: User) -> None:
    make_scene()
    everything = Recommendation.objects.all()
    first = everything.order_by("pk")[0]
    exclude(first, curator)
    held = recommendations_hold(everything, by=curator)
    assert (held.done, held.skipped) == (
        6,
        [
            "The state is 'Expired'. Only what is proposed, or released and not yet told, can be held.",
        ]
        * 2,
    )
    assert recommendations_release(everything.all(), by=curator).done == 6
    assert recommendations_exclude(everything, reason="No.", by=curator).done == 6
    assert set(everything.values_list("state", flat=True)) == {S.EXPIRED}
    assert Exclusion.objects.count() == 4


@pytest.mark.django_db
def test_what_was_mailed_cannot_be_held(curator: User) -> None:
    scene = make_scene()
    digests.queue_due()
    email = OutboxEmail.objects.get()
    told, queued = email.items.order_by("position")[:2]
    assert hold(queued.recommendation, curator).done == 1
    OutboxEmail.objects.update(state=EmailState.SENT, sent_at=timezone.now())
    assert hold(told.recommendation, curator).done == 0
    assert Recommendation.objects.filter(seeker=scene.seekers[0], state=S.HELD).count() == 1


@pytest.mark.django_db
def test_refusal_is_in_the_readers_language(curator: User) -> None:
    one = recommendation_in(S.EXPIRED)
    with translation.override("zh-hans"):
        _done, [refusal] = hold(one, curator)
    assert refusal.startswith("当前状态为“已过期”。")


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_makes_the_move() -> None:
    one = recommendation_in(S.PROPOSED)
    curator = make_user(is_staff=True)

    def work(_number: int) -> int:
        try:
            return exclude(one, curator).done
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        assert sorted(threads.map(work, range(6))) == [0] * 5 + [1]
    assert Exclusion.objects.count() == 1


@pytest.mark.django_db
def test_what_was_held_since_it_was_read_is_not_let_out(curator: User) -> None:
    read = recommendation_in(S.PROPOSED)
    recommendations_hold([read], by=make_user(is_staff=True))
    assert release(read, curator) == (0, ["Somebody has held it meanwhile. Look why before you release it."])
    read.refresh_from_db()
    assert read.state == S.HELD
    assert release(read, curator) == (1, [])
