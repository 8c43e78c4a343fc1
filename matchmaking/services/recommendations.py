"""What staff and readers do with recommendations: released, held, excluded; seen.

proposed > released > seen > interested | later | declined; held, superseded, expired
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

import structlog
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliances.models import User
from alliances.services.screening import current_lists, stale_words
from matchmaking.enums import Answer, DeliveryState, EmailState, RecommendationState
from matchmaking.models import (
    CurationEvent,
    DigestItem,
    Exclusion,
    Introduction,
    OutboxEmail,
    Pair,
    Recommendation,
    Response,
    WebhookDelivery,
)
from matchmaking.selectors.apart import EXCLUDED, screened
from matchmaking.services.webhook_events import tell_of_release

log = structlog.get_logger(__name__)

S = RecommendationState
# A mail that left, or may have left, has told of its recommendations.
TOLD = (EmailState.SENT, EmailState.SENDING, EmailState.UNCERTAIN)
# So has a call to a webhook.
CALLED = (DeliveryState.DELIVERED, DeliveryState.SENDING)
REASON_LENGTH = Exclusion._meta.get_field("reason").max_length or 0

Directed = tuple[int, int]
# Still to be released or superseded.
UNDECIDED = (S.PROPOSED, S.HELD)
# Of the same seeker and candidate as the row of the outer query.
SAME = Recommendation.objects.filter(seeker=OuterRef("seeker"), candidate=OuterRef("candidate"))
# The key of the advisory lock of whoever decides on recommendations: staff, and the end of proposing.
DECIDING_LOCK = 20261125


class Outcome(NamedTuple):
    """How many recommendations moved, and a sentence for each that did not."""

    done: int
    skipped: list[str]


@dataclass(frozen=True)
class Move:
    """A move of the machine: from which states, to which."""

    to: RecommendationState
    sources: tuple[RecommendationState, ...]
    event: str
    refusal: Any


HOLD = Move(
    S.HELD,
    (S.PROPOSED, S.RELEASED),
    "held",
    gettext_lazy(
        "The state is '%(state)s'. Only what is proposed, or released and not yet told, can be held."
    ),
)
RELEASE = Move(
    S.RELEASED,
    (S.PROPOSED, S.HELD),
    "released",
    gettext_lazy("The state is '%(state)s'. Only what is proposed or held can be released."),
)
SCREENED = gettext_lazy(
    "One of the two organizations has a screening hit that is not cleared. Decide on the hit first."
)
EXCLUDED_PAIR = gettext_lazy("The pair is excluded.")
HELD_SINCE = gettext_lazy("Somebody has held it meanwhile. Look why before you release it.")
EXCLUDE = Move(
    S.EXPIRED,
    (S.PROPOSED, S.HELD, S.RELEASED, S.SEEN, S.INTERESTED, S.LATER),
    "excluded",
    gettext_lazy(
        "The state is '%(state)s'. Only the pair of an open recommendation that is not introduced can be "
        "excluded here."
    ),
)
SEE = Move(S.SEEN, (S.RELEASED,), "seen", "")


def recommendations_hold(recommendations: Iterable[Recommendation], *, by: User) -> Outcome:
    """Keep each that can be held from being mailed until it is released, and say why the others cannot.

    A later run that would propose the pair again proposes it held. Staff, else PermissionDenied; one
    transaction, fixed queries.
    """
    with transaction.atomic():
        found = locked_by_staff(recommendations, by)
        told = set(
            DigestItem.objects.filter(recommendation__in=found, email__state__in=TOLD).values_list(
                "recommendation_id", flat=True
            )
        ) | set(
            OutboxEmail.objects.filter(recommendation__in=found, state__in=TOLD).values_list(
                "recommendation_id", flat=True
            )
        )
        told |= set(
            WebhookDelivery.objects.filter(recommendation__in=found, state__in=CALLED).values_list(
                "recommendation_id", flat=True
            )
        )
        moving = [one for one in found if one.state in HOLD.sources and one.pk not in told]
        return _move(HOLD, found, moving, by)


def recommendations_release(recommendations: Iterable[Recommendation], *, by: User) -> Outcome:
    """Let each that can be released out, into the next digest, and say why the others cannot. Staff.

    A seeker and candidate have one open row: what another run proposed or held of them is superseded. What
    a jurisdiction rule blocks today is not let out, and nothing is while a screening list is out of date.
    What was held since the caller read it stays: whoever held it had a reason that the caller did not see.
    """
    with transaction.atomic():
        read = list(recommendations)
        known_held = {one.pk for one in read if one.state == S.HELD}
        chosen = locked_by_staff(read, by)
        if stale := stale_words(current_lists()):
            return Outcome(0, [" ".join(stale)] * len(chosen))
        ids = [one.pk for one in chosen]
        unblocked = set(Recommendation.objects.unblocked().filter(pk__in=ids).values_list("pk", flat=True))
        found = [one for one in chosen if one.pk in unblocked]
        # By pk: of two rows of the same seeker and candidate the newer one stays.
        ids = [one.pk for one in found]
        releasable = Recommendation.objects.filter(pk__in=ids, state__in=RELEASE.sources)
        hit = set(releasable.filter(screened()).values_list("pk", flat=True))
        excluded = set(releasable.filter(Exists(EXCLUDED)).values_list("pk", flat=True))
        held_since = {one.pk for one in found if one.state == S.HELD} - known_held
        kept = dict.fromkeys(held_since, HELD_SINCE) | dict.fromkeys(hit, SCREENED)
        kept |= dict.fromkeys(excluded, EXCLUDED_PAIR)
        moving = {
            (one.seeker_id, one.candidate_id): one
            for one in found
            if one.state in RELEASE.sources and one.pk not in kept
        }
        # Read by pair and compared here: the database, by old statistics, may compare each with each.
        others = Recommendation.objects.filter(
            pair__in={one.pair_id for one in moving.values()}, state__in=UNDECIDED
        ).exclude(pk__in=[one.pk for one in moving.values()])
        ends = others.values_list("pk", "seeker_id", "candidate_id")
        overtaken = [pk for pk, seeker, candidate in ends if (seeker, candidate) in moving]
        Recommendation.objects.filter(pk__in=overtaken).update(state=S.SUPERSEDED)
        outcome = _move(RELEASE, found, list(moving.values()), by, kept=kept)
        blocked = [_("A jurisdiction rule blocks every kind of tie of this pair.")]
        return Outcome(outcome.done, outcome.skipped + blocked * (len(chosen) - len(found)))


def recommendations_exclude(recommendations: Iterable[Recommendation], *, reason: str, by: User) -> Outcome:
    """Never pair these again: both directions expire, later runs leave the pairs out. Staff.

    Says why the others cannot be excluded here. ValidationError for a reason that is missing or too long.
    """
    reason = reason.strip()
    if not 0 < len(reason) <= REASON_LENGTH:
        raise ValidationError(
            _("Give a reason of at most %(limit)s characters."), params={"limit": REASON_LENGTH}
        )
    with transaction.atomic():
        chosen = locked_by_staff(recommendations, by)
        introduced = set(
            Introduction.objects.filter(pair__in=[one.pair_id for one in chosen], closed_at=None).values_list(
                "pair_id", flat=True
            )
        )
        moving = [one for one in chosen if one.state in EXCLUDE.sources and one.pair_id not in introduced]
        pairs = sorted({one.pair_id for one in moving})
        Exclusion.objects.bulk_create(
            [Exclusion(pair_id=pair, reason=reason, created_by=by) for pair in pairs], ignore_conflicts=True
        )
        other_direction = (
            Recommendation.objects.filter(pair_id__in=pairs, state__in=EXCLUDE.sources)
            .exclude(pk__in=[one.pk for one in moving])
            .defer("breakdown")
            .order_by("pk")
            .select_for_update(no_key=True)
        )
        outcome = _move(EXCLUDE, chosen, moving, by)
        _write(EXCLUDE, list(other_direction), by)
        # Nor does a yes stand that was given before: it would wait for whoever takes the exclusion back.
        Response.objects.filter(pair_id__in=pairs, answer=Answer.INTERESTED).delete()
        return outcome


def recommendation_see(recommendation: Recommendation, *, by: User) -> bool:
    """Note that somebody of the seeker's team has opened it. True where nobody had before.

    PermissionDenied for anybody else. One that somebody else is changing right now is left to them.
    """
    if not by.is_active or not recommendation.seeker.team_members.filter(user=by).exists():
        raise PermissionDenied
    with transaction.atomic():
        seen = list(
            Recommendation.objects.filter(pk=recommendation.pk, state__in=SEE.sources).select_for_update(
                no_key=True, skip_locked=True
            )
        )
        _write(SEE, seen, by)
    return bool(seen)


def decide_alone() -> None:
    """Wait for whoever else decides on recommendations; until the end of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [DECIDING_LOCK])


def locked_by_staff(recommendations: Iterable[Recommendation], by: User) -> list[Recommendation]:
    """These rows, locked in the caller's transaction while nobody else decides; else PermissionDenied."""
    if not (by.is_active and by.is_staff):
        raise PermissionDenied
    decide_alone()
    ids = [one.pk for one in recommendations]
    # The pairs first, as whoever answers does.
    pairs = Recommendation.objects.filter(pk__in=ids).values("pair")
    list(Pair.objects.filter(pk__in=pairs).order_by("pk").select_for_update(no_key=True))
    # What explains them is long, and nobody decides by it here.
    rows = Recommendation.objects.filter(pk__in=ids).defer("breakdown")
    return list(rows.order_by("pk").select_for_update(no_key=True))


def _move(
    move: Move,
    found: Sequence[Recommendation],
    moving: Sequence[Recommendation],
    by: User,
    *,
    kept: Mapping[int, Any] = MappingProxyType({}),
) -> Outcome:
    """`kept` says why of those that stay for another reason than their state."""
    stays = {one.pk for one in found} - {one.pk for one in moving}
    skipped = [
        str(kept.get(one.pk, move.refusal)) % {"state": S(one.state).label}
        for one in found
        if one.pk in stays
    ]
    _write(move, moving, by)
    return Outcome(len(moving), skipped)


def _write(move: Move, moving: Sequence[Recommendation], by: User) -> None:
    rows = Recommendation.objects.filter(pk__in=[one.pk for one in moving])
    if move.to == S.RELEASED:
        rows.update(state=move.to, released_at=Now())
        tell_of_release([one.pk for one in moving])
    else:
        rows.update(state=move.to)
    CurationEvent.objects.bulk_create(
        CurationEvent(
            subject="recommendation",
            subject_id=one.pk,
            kind=move.event,
            actor_id=by.pk,
            data={"from": one.state, "to": str(move.to)},
        )
        for one in moving
    )
