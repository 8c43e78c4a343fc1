"""Answers to recommendations: interested, not now, or no. Two that are interested are introduced.

    released | seen > interested | later > (each other) > declined

An answer belongs to the side of a pair and stands on its `Response`; the recommendation shows it. Whoever
answers holds the pair's row, then its recommendations, then the two organizations, each in id order: of two
that would contradict each other, the second finds what the first has made of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import structlog
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Concat, Now
from django.utils import timezone
from django.utils.translation import gettext as _

from alliances.enums import ConsentPurpose, Country, OrganizationState
from alliances.models import Organization, User
from alliances.selectors import has_consent
from alliances.services.screening import current_lists, stale_words
from alliances.validators import validate_plain_text
from matchmaking import nudge
from matchmaking.enums import INTEREST_KINDS, Answer, DeclineReason, Queue, RecommendationState
from matchmaking.models import (
    CurationEvent,
    Introduction,
    OutboxEmail,
    Pair,
    Ranking,
    Recommendation,
    Response,
)
from matchmaking.models.introduction import NOTE_LENGTH
from matchmaking.models.recommendation import OPEN_FOR, SHOWN_STATES
from matchmaking.selectors.apart import INTRODUCTION_CLOSED, LAPSED, SILENCE, decline_stands, kept_out
from matchmaking.selectors.interests import other_side_is_interested
from matchmaking.selectors.introductions import CONTACT_ROLES, introduction_of_pair
from matchmaking.services.consents import consent_set
from matchmaking.services.crossings import CrossedError, uncrossed
from matchmaking.services.introductions import introduce
from matchmaking.services.pairs import hold
from matchmaking.services.policies import rules_in_force
from matchmaking.services.webhook_events import tell_of_interest, tell_of_release
from matchmaking.wording.clocks import day_words

log = structlog.get_logger(__name__)

S = RecommendationState
# From these a person may answer, again or for the first time.
OPEN = (S.RELEASED, S.SEEN, S.INTERESTED, S.LATER)
# What the other side's no, or its own silence, ends.
ENDED_BY_A_NO = (S.PROPOSED, S.HELD, *OPEN)
UNANSWERED = (S.RELEASED, S.SEEN)
LATER_MONTHS = (3, 6, 12)
# The longest of these, with the day of a leap year.
LATER_MOST = timedelta(days=366)


class NotOpenError(Exception):
    """The recommendation cannot take this answer any more. The text says why, and since when."""


@dataclass(frozen=True)
class Said:
    """What a person answers: `reason` and `note` go with no, `until` with not now.

    `cross_border` is the person's word, given with this answer, that their contact details may leave China.
    """

    answer: Answer
    reason: str = ""
    note: str = ""
    until: date | None = None
    cross_border: bool = False


@dataclass(frozen=True)
class Answered:
    """The recommendation as it stands now, and the introduction where there is one."""

    recommendation: Recommendation
    introduction: Introduction | None


def later_until(months: int, today: date | None = None) -> date:
    """The day so many months from today, for `Said.until`."""
    return (today or timezone.now().date()) + timedelta(days=round(months * 365.25 / 12))


def answer(recommendation: Recommendation, said: Said, *, by: User, channel: str) -> Answered:
    """Answer for the seeker. The same answer twice is one answer, with the same result.

    Raises:
        PermissionDenied: not an owner or editor of the seeker.
        ValidationError: by field, a reason, note or date that is missing or wrong, or a consent not given.
        NotOpenError: withdrawn, expired, introduced already, or one side takes no part any more.
    """
    said = _checked(said)
    try:
        return uncrossed(lambda: _answer(recommendation, said, by, channel))
    except CrossedError as error:
        text = _("Others are changing this recommendation right now. Try again in a minute.")
        raise NotOpenError(text) from error


def _checked(said: Said) -> Said:
    """What was said, without what does not go with the answer."""
    errors: dict[str, str] = {}
    note = said.note.strip()
    if said.answer == Answer.DECLINED and said.reason not in DeclineReason.values:
        errors["reason"] = _("Choose a reason. It goes to our staff, not to the other side.")
    today = timezone.now().date()
    if said.answer == Answer.LATER and not (said.until and today < said.until <= today + LATER_MOST):
        errors["until"] = _("Choose a date after today, and at most 12 months from today.")
    if len(note) > NOTE_LENGTH:
        errors["note"] = _("The note is too long (%(length)s characters; limit %(limit)s).") % {
            "length": f"{len(note):,}",
            "limit": NOTE_LENGTH,
        }
    if errors:
        raise ValidationError(errors)
    try:
        validate_plain_text(note)
    except ValidationError as error:
        raise ValidationError({"note": error}) from error
    declined = said.answer == Answer.DECLINED
    return Said(
        said.answer,
        reason=said.reason if declined else "",
        note=note if declined else "",
        until=said.until if said.answer == Answer.LATER else None,
        cross_border=said.cross_border,
    )


def _answer(recommendation: Recommendation, said: Said, by: User, channel: str) -> Answered:
    held = hold(recommendation.pair_id)
    pair, directions = held.pair, held.recommendations
    own, other = held.own_first(recommendation.seeker_id)
    current = next(one for one in directions if one.pk == recommendation.pk)
    if not by.is_active or not own.team_members.filter(user=by, role__in=CONTACT_ROLES).exists():
        raise PermissionDenied
    standing = Response.objects.filter(pair=pair, organization=own).first()
    introduction = introduction_of_pair(pair.pk)
    if _is_same(standing, current, said):
        return Answered(current, introduction)
    if refusal := _refusal(current, introduction, own, other):
        raise NotOpenError(refusal)
    if said.answer == Answer.INTERESTED:
        _agree_to_be_introduced(by, own, said, channel)
    _stand(pair, own, said, by)
    _move(current, S(said.answer), by, reason=said.reason)
    against = [one for one in directions if one.seeker_id == other.pk]
    if said.answer == Answer.DECLINED:
        for one in against:
            if one.state in ENDED_BY_A_NO:
                _move(one, S.EXPIRED, by)
    elif said.answer == Answer.INTERESTED:
        theirs = Response.objects.filter(pair=pair, organization=other, answer=Answer.INTERESTED)
        if theirs.exists():
            introduction = introduce(pair)
        else:
            _show_to_the_other(current, against)
            # The other side is told by whoever looks for open interests; this only has them look at once.
            nudge.after_commit(Queue.DEFAULT)
    return Answered(current, introduction)


def _is_same(standing: Response | None, current: Recommendation, said: Said) -> bool:
    return (
        standing is not None
        and current.state == standing.answer == said.answer
        and (standing.reason, standing.note, standing.until) == (said.reason, said.note, said.until)
    )


def _refusal(
    current: Recommendation, introduction: Introduction | None, own: Organization, other: Organization
) -> str:
    """Why no other answer can be given any more; empty where one can."""
    if introduction is not None:
        return _("You were introduced to each other on %(date)s. Write to our staff to end it.") % {
            "date": day_words(introduction.made_at.date())
        }
    if current.state not in OPEN:
        return _("This recommendation is no longer open (%(why)s).") % {"why": why_closed(current)}
    if not Recommendation.objects.unblocked().filter(pk=current.pk).exists():
        return _("This recommendation is no longer open (a jurisdiction rule blocks every kind of tie).")
    apart = Recommendation.objects.filter(kept_out(), pk=current.pk).exists()
    if apart or any(side.state != OrganizationState.APPROVED for side in (own, other)):
        return _("This recommendation is no longer open (one of the two takes no part at present).")
    return ""


def why_closed(recommendation: Recommendation) -> str:
    """Why a recommendation takes no answer any more, with the day: "withdrawn on 24 November 2026"."""
    ended = (
        CurationEvent.objects.filter(
            subject="recommendation", subject_id=recommendation.pk, data__to=recommendation.state
        )
        .order_by("-pk")
        .first()
    )
    day = day_words(ended.at.date()) if ended else ""
    if recommendation.state == S.DECLINED:
        return _("declined on %(date)s") % {"date": day}
    if ended and ended.kind == SILENCE:
        return _("closed on %(date)s, since it was not answered in time") % {"date": day}
    if ended and ended.kind == INTRODUCTION_CLOSED:
        return _("closed on %(date)s, with its introduction") % {"date": day}
    if ended and ended.kind == LAPSED:
        return _("ended on %(date)s, with the time for which your answer stood") % {"date": day}
    if ended and ended.kind == "expired":
        return _("expired on %(date)s") % {"date": day}
    return _("withdrawn on %(date)s") % {"date": day} if day else _("withdrawn")


def _agree_to_be_introduced(by: User, own: Organization, said: Said, channel: str) -> None:
    """Record what the person agrees to by saying interested: to be the contact that the other side sees."""
    if own.country == Country.CN:
        if said.cross_border:
            consent_set(by, ConsentPurpose.CROSS_BORDER, True, channel=channel)
        elif not has_consent(by, ConsentPurpose.CROSS_BORDER):
            raise ValidationError(
                {
                    "cross_border": _(
                        "Agree that your name, role, language and email go to the United States if both "
                        "sides are interested. Without it nobody could write to you."
                    )
                }
            )
    consent_set(by, ConsentPurpose.INTRODUCTION, True, channel=channel)


def _stand(pair: Pair, own: Organization, said: Said, by: User) -> None:
    Response.objects.update_or_create(
        pair=pair,
        organization=own,
        defaults={
            "answer": said.answer,
            "reason": said.reason,
            "note": said.note,
            "until": said.until,
            "answered_by": by,
            "answered_at": timezone.now(),
        },
    )


def _move(recommendation: Recommendation, state: RecommendationState, by: User, reason: str = "") -> None:
    """Move a locked recommendation, with its audit row: what was answered, or withdrawn by the other's no."""
    data = {"from": recommendation.state, "to": str(state)}
    if reason:
        data["reason"] = reason
    CurationEvent.objects.create(
        subject="recommendation",
        subject_id=recommendation.pk,
        kind="withdrawn" if state == S.EXPIRED else "answered",
        actor_id=by.pk,
        data=data,
    )
    recommendation.state = state
    recommendation.save(update_fields=["state"])


def _show_to_the_other(current: Recommendation, against: Sequence[Recommendation]) -> None:
    """Make sure that the other side can answer: where nothing was shown to it and nobody decides on it yet,
    it is recommended the pair too, from the same run."""
    if any(one.state in (*SHOWN_STATES, S.PROPOSED, S.HELD) for one in against):
        tell_of_interest(current.pair)
        return
    by_policy = current.run.policy.rules["release"] == "automatic" and not stale_words(current_lists())
    listed = Ranking.objects.filter(
        run=current.run.lists_of, seeker=current.candidate_id, candidate=current.seeker_id
    )
    shown, _created = Recommendation.objects.update_or_create(
        run_id=current.run_id,
        seeker_id=current.candidate_id,
        candidate_id=current.seeker_id,
        defaults={
            "pair_id": current.pair_id,
            "kind": current.seeker.kind,
            "rank": listed.values_list("rank", flat=True).first(),
            "score": current.score,
            "affinity": current.candidate_affinity,
            "candidate_affinity": current.affinity,
            "breakdown": {
                "seeker": current.breakdown["candidate"],
                "candidate": current.breakdown["seeker"],
            },
            "state": S.RELEASED if by_policy else S.PROPOSED,
            "released_at": timezone.now() if by_policy else None,
        },
    )
    CurationEvent.objects.create(
        subject="recommendation",
        subject_id=shown.pk,
        kind="asked_for",
        data={"to": shown.state, "by": current.pk},
    )
    if by_policy:
        tell_of_release([shown.pk])


def expire_unanswered() -> int:
    """End what nobody answered in time; returns how many. A later run may propose these pairs again.

    Where the other side is interested, the interest has a clock of its own.
    """
    with transaction.atomic():
        late: QuerySet[Recommendation] = Recommendation.objects.filter(
            ~other_side_is_interested(), state__in=UNANSWERED, released_at__lt=Now() - OPEN_FOR
        )
        locked = late.order_by("pk").select_for_update(skip_locked=True, no_key=True, of=("self",))
        # Asked again: the other side may have said yes between the reading and the lock.
        ended = list(late.filter(pk__in=[one.pk for one in locked]).order_by("pk"))
        Recommendation.objects.filter(pk__in=[one.pk for one in ended]).update(state=S.EXPIRED)
        CurationEvent.objects.bulk_create(
            CurationEvent(
                subject="recommendation",
                subject_id=one.pk,
                kind="expired",
                data={"from": one.state, "to": str(S.EXPIRED)},
            )
            for one in ended
        )
    if ended:
        log.info("recommendations_expired", count=len(ended))
    return len(ended)


def answers_lapse() -> int:
    """End the answers that stand no longer: a not now from its day on, a no once the policy's months are
    over. A later run may propose the pair again. Returns how many.

    Whom the other side is waiting for by then is asked again at once, with the whole time to answer.
    """
    today, (_name, rules) = timezone.now().date(), rules_in_force()
    declined = Q(
        answer=Answer.DECLINED,
        answered_at__date__lte=today - decline_stands(rules.standing_decline_months),
    )
    over = Response.objects.filter(
        declined | Q(answer=Answer.LATER, until__lte=today),
        pair=OuterRef("pair"),
        organization=OuterRef("seeker"),
        answer=OuterRef("state"),
    )
    due = Recommendation.objects.filter(Exists(over))
    ended = 0
    for key, pair in list(due.order_by("pk").values_list("pk", "pair_id")):
        with transaction.atomic():
            hold(pair)
            if one := due.filter(pk=key).first():
                _lapse(one)
                ended += 1
    if ended:
        log.info("answers_lapsed", count=ended)
    return ended


def _lapse(one: Recommendation) -> None:
    is_awaited = Recommendation.objects.filter(other_side_is_interested(), pk=one.pk).exists()
    state = S.RELEASED if is_awaited else S.EXPIRED
    CurationEvent.objects.create(
        subject="recommendation",
        subject_id=one.pk,
        kind=LAPSED,
        data={"from": one.state, "to": str(state)},
    )
    one.state = state
    if is_awaited:
        one.released_at = timezone.now()
        # What was mailed of the interest before is over: it is told and reminded of anew.
        told = OutboxEmail.objects.filter(recommendation=one, kind__in=INTEREST_KINDS)
        told.update(slot=Concat("slot", Value("/"), F("pk"), output_field=CharField()))
        nudge.after_commit(Queue.DEFAULT)
    else:
        # A yes that the no has ended would introduce the two by one side's word alone.
        Response.objects.filter(pair=one.pair_id, answer=Answer.INTERESTED).delete()
    one.save(update_fields=["state", "released_at"])
