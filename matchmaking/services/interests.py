"""Open interests: told to the silent side, reminded of once, then staff's to ask for, then closed kindly.

Every step looks again with the pair's row locked, as whoever answers does, so it may run twice or beside
anything else. The mails are of the class awaited: the clock runs for whoever does not read them, and one lost
mail would cost the other side its interest, while the same mail twice costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from alliances.enums import OrganizationState
from alliances.models import User
from matchmaking.emails.interest import (
    interest_closed_email,
    interest_received_email,
    interest_reminder_email,
)
from matchmaking.emails.message import RenderedEmail
from matchmaking.enums import Answer, EmailKind, MailClass, RecommendationState, Subscription
from matchmaking.models import CurationEvent, OutboxEmail, Pair, Recommendation, Response, Sponsorship
from matchmaking.selectors.apart import SILENCE
from matchmaking.selectors.disclosure import disclose, hidden
from matchmaking.selectors.interests import (
    ANSWER_DAYS,
    BOTH_TAKE_PART,
    CLOSING_DAYS,
    REMINDER_DAYS,
    aged,
    answer_by,
    waiting_for_answer,
)
from matchmaking.selectors.introductions import CONTACT_ROLES
from matchmaking.selectors.sponsoring import sponsors_of
from matchmaking.selectors.telling import why_kept_apart, why_not_asked
from matchmaking.services.answers import NotOpenError
from matchmaking.services.mails import address_of, mail_row, mails_queue
from matchmaking.services.pairs import hold
from matchmaking.services.recommendations import Outcome
from matchmaking.services.subscriptions import unsubscribe_url
from matchmaking.wording import topic_names

if TYPE_CHECKING:
    from matchmaking.selectors.interests import Interests, Silent

log = structlog.get_logger(__name__)

# --- Telling and reminding -----------------------------------------------------------------------


def tell() -> int:
    """Queue "interest received" for the silent sides that were not told yet; returns how many sides."""
    return _for_each(_untold, _tell)


def remind() -> int:
    """Queue the one reminder of interests that are due it; returns how many sides."""
    return _for_each(_unreminded, _remind)


def _untold() -> Interests:
    return _without_mail(waiting_for_answer(), EmailKind.INTEREST_RECEIVED)


def _unreminded() -> Interests:
    return _without_mail(aged(waiting_for_answer(), REMINDER_DAYS), EmailKind.INTEREST_REMINDER)


def _without_mail(interests: Interests, kind: EmailKind) -> Interests:
    """Those within their time whose team has somebody to be told, and none of whom has such a mail."""
    mails = OutboxEmail.objects.filter(kind=kind, slot=Cast(OuterRef("public_id"), CharField()))
    over = aged(waiting_for_answer(), ANSWER_DAYS + 1).values("pk")
    readers = _readers().filter(
        team_memberships__organization=OuterRef("seeker"), team_memberships__role__in=CONTACT_ROLES
    )
    return interests.filter(BOTH_TAKE_PART, ~Exists(mails), Exists(readers)).exclude(pk__in=over)


def _tell(one: Silent) -> None:
    def compose(user: User) -> RenderedEmail:
        return interest_received_email(
            user,
            one,
            by=_last_day(one),
            topics=topic_names(),
            sponsors=_sponsors(one),
            **_frame(user),
        )

    _queue(EmailKind.INTEREST_RECEIVED, one, compose)


def _remind(one: Silent) -> None:
    def compose(user: User) -> RenderedEmail:
        return interest_reminder_email(
            user,
            one,
            by=_last_day(one),
            topics=topic_names(),
            sponsors=_sponsors(one),
            **_frame(user),
        )

    _queue(EmailKind.INTEREST_REMINDER, one, compose)


def _frame(user: User) -> dict[str, Any]:
    """What every mail about an interest says of when it was written and how to stop such mail."""
    return {"now": timezone.now(), "unsubscribe_url": unsubscribe_url(user, Subscription.INTEREST)}


def _last_day(one: Silent) -> date:
    return answer_by(one.shown_at)


def _sponsors(one: Recommendation) -> Sequence[Sponsorship]:
    return sponsors_of([one]).get(one.pk, ())


def _for_each(due: Callable[[], Interests], act: Callable[[Silent], None]) -> int:
    """Act on each interest that is due, in a transaction of its own. One that fails keeps back no other."""
    done = 0
    for key, pair in list(due().order_by("pk").values_list("pk", "pair_id")):
        try:
            with transaction.atomic():
                hold(pair)
                one = due().select_related("seeker", "candidate").filter(pk=key).first()
                if one is not None:
                    act(one)
                    done += 1
        except Exception as error:  # noqa: BLE001
            # The kind of error only: its text may hold what people wrote.
            log.error("interest_failed", recommendation=key, error=type(error).__name__)
    return done


def _readers() -> QuerySet[User]:
    return User.objects.filter(is_active=True, interest_mail=True)


def _queue(kind: EmailKind, one: Recommendation, compose: Callable[[User], RenderedEmail]) -> None:
    """Mail to those who may answer for the seeker of `one`, in the caller's transaction.

    `compose` writes one person's mail in the active language, which is theirs.
    """
    disclose([one])
    slot = str(one.public_id)
    had = OutboxEmail.objects.filter(user=OuterRef("pk"), kind=kind, slot=slot)
    team = _readers().filter(
        ~Exists(had), team_memberships__organization=one.seeker_id, team_memberships__role__in=CONTACT_ROLES
    )
    rows = []
    for user in team.order_by("pk"):
        if address := address_of(user):
            with translation.override(user.language):
                email = compose(user)
            rows.append(
                mail_row(
                    email,
                    kind,
                    MailClass.AWAITED,
                    recipient=address,
                    language=user.language,
                    user=user,
                    slot=slot,
                    recommendation=one,
                    names_candidate=not one.candidate.is_veiled,
                )
            )
    mails_queue(rows, {"recommendation": one.pk})


def why_not_told(email: OutboxEmail, user: User) -> str:
    """Why a mail about an interest must not go any more; empty where it may.

    Locks the recommendation until the claim is committed: an answer or a hold comes before or after it.
    """
    one = (
        Recommendation.objects.filter(emails=email)
        .select_related("seeker", "candidate")
        .select_for_update(no_key=True, of=("self",))
        .get()
    )
    if not one.seeker.team_members.filter(user=user, role__in=CONTACT_ROLES).exists():
        return "not_in_the_team"
    if reason := why_kept_apart([one]):
        return reason
    if email.names_candidate and hidden().filter(pk=one.pk).exists():
        return "candidate_anonymous"
    return "" if email.kind == EmailKind.INTEREST_CLOSED else why_not_asked(one)


# --- Closing -------------------------------------------------------------------------------------


def close_silent() -> int:
    """Close the interests that stayed without an answer for too long; returns how many."""
    return _for_each(lambda: aged(waiting_for_answer(), CLOSING_DAYS), _close)


def interest_close(pair: Pair, *, by: User) -> None:
    """Close a pair's open interest at once. Staff, else PermissionDenied.

    Raises NotOpenError where none is open: answered, withdrawn or closed meanwhile.
    """
    if not (by.is_active and by.is_staff):
        raise PermissionDenied
    with transaction.atomic():
        hold(pair.pk)
        one = waiting_for_answer().select_related("seeker", "candidate").filter(pair=pair).first()
        if one is None:
            raise NotOpenError(_("No interest waits for an answer here."))
        _close(one, by=by)


def interests_close(recommendations: Iterable[Recommendation], *, by: User) -> Outcome:
    """Close the open interests of these recommendations' pairs, and say why the others cannot be. Staff."""
    done, skipped = 0, []
    pairs = {one.pair_id: one.pair for one in recommendations}
    for _key, pair in sorted(pairs.items()):
        try:
            interest_close(pair, by=by)
            done += 1
        except NotOpenError as error:
            skipped.append(str(error))
    return Outcome(done, skipped)


def _close(one: Silent, by: User | None = None) -> None:
    """End an interest whose pair is held: both recommendations, and the yes that nobody answered.

    The yes goes, so that a later matching asks both sides anew; the audit row keeps that it was given.
    """
    said_yes = Recommendation.objects.filter(
        pair=one.pair_id, seeker=one.candidate_id, state=RecommendationState.INTERESTED
    )
    ending = [one, *said_yes.select_related("seeker", "candidate").order_by("pk")]
    CurationEvent.objects.bulk_create(
        CurationEvent(
            subject="recommendation",
            subject_id=ended.pk,
            kind=SILENCE,
            actor_id=by.pk if by else None,
            data={"from": ended.state, "to": str(RecommendationState.EXPIRED)},
        )
        for ended in ending
    )
    Recommendation.objects.filter(pk__in=[ended.pk for ended in ending]).update(
        state=RecommendationState.EXPIRED
    )
    Response.objects.filter(pair=one.pair_id, answer=Answer.INTERESTED).delete()
    _tell_of_the_end(ending[-1])
    log.info("interest_closed", pair=one.pair_id, by=by.pk if by else None)


def queue_again(email: OutboxEmail) -> None:
    """Write anew that an interest was closed: the mail names somebody who is anonymous by now."""
    if email.recommendation:
        _tell_of_the_end(email.recommendation)


def _tell_of_the_end(own: Recommendation) -> None:
    """Mail to the side that said yes, where both still take part."""

    def compose(user: User) -> RenderedEmail:
        return interest_closed_email(user, own, **_frame(user))

    if own.seeker.state == own.candidate.state == OrganizationState.APPROVED:
        _queue(EmailKind.INTEREST_CLOSED, own, compose)
