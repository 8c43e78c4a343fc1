"""Sending what the outbox holds: claimed one by one, checked again, sent, recorded as the server answered.

Bulk mail leaves at most once: what nobody can tell is `uncertain` and listed for staff. Awaited mail leaves
at least once, always under the same Message-ID.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import CharField, F, Func, QuerySet, Value
from django.db.models.functions import Coalesce, Concat, Greatest, Lower, Now

from alliances.enums import ConsentPurpose, MailFrequency
from alliances.models import TeamMember, User
from alliances.selectors import has_consent
from matchmaking import nudge
from matchmaking.emails.delivery import Answer, Outcome, Phase, SmtpSession
from matchmaking.emails.message import message_bytes
from matchmaking.enums import INTEREST_KINDS, EmailKind, EmailState, MailClass, Queue
from matchmaking.models import CurationEvent, MailDomain, OutboxEmail, Recommendation
from matchmaking.selectors.disclosure import hidden
from matchmaking.selectors.telling import why_not_told
from matchmaking.services import account_mail, digests, interests, introductions
from matchmaking.services.leases import MAILS, LeaseLost, claim, expire, finish
from matchmaking.services.suppressions import is_suppressed, suppress

log = structlog.get_logger(__name__)

# One turn of a worker: with one more conversation (CONVERSATION_SECONDS) and a farewell after it, still
# within a task's time limit.
TURN_SECONDS = 25.0
LADDER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180))
JITTER = 0.2
GIVE_UP_AFTER = timedelta(hours=24)
# A rate limit may hold until tomorrow, so what it delays may try for longer.
LIMITED_PAUSE = timedelta(hours=24)
GIVE_UP_LIMITED_AFTER = timedelta(hours=72)
# Seconds between two messages to the providers that count most sharply; others start without a pace.
STARTING_PACE = {"qq.com": 2, "foxmail.com": 2, "163.com": 2, "126.com": 2, "gmail.com": 2}
SLOWEST_PACE = 3600
# How often a mail is looked at again whose introduction is interrupted.
INTERRUPTED_PAUSE = timedelta(hours=1)
DOMAIN_PAUSE = {Answer.LIMITED: timedelta(hours=1), Answer.TEMPORARY: timedelta(minutes=1)}


# Something in a digest must not be told any more; what else it tells may be.
NOT_ALL_TO_BE_TOLD = frozenset(
    {
        "not_in_the_team",
        "organization_not_approved",
        "candidate_not_approved",
        "candidate_anonymous",
        "recommendation_withdrawn",
        "pair_blocked",
    }
)
# What a row that cannot be made into a message raises: it fails alone.
UNWRITABLE = (ValueError, TypeError, AttributeError, LookupError)
SET_ASIDE = NOT_ALL_TO_BE_TOLD | {"introduction_changed", "interest_withdrawn"}


class _NotItsTurnError(Exception):
    """Another worker has just sent to this domain."""


def deliver_due(limit: int = 10_000, seconds: float = TURN_SECONDS) -> Counter[str]:
    """Send what is due, until nothing is, `limit` rows were handled or the time is up.

    Returns how many rows went to which state. A server that cannot be reached ends the turn: the others would
    fare no better. What is left is asked for again.
    """
    expire(MAILS)
    handled: Counter[str] = Counter()
    deadline = time.monotonic() + seconds
    with SmtpSession() as session:
        while handled.total() < limit and time.monotonic() < deadline:
            email = _claim_next()
            if email is None:
                return handled
            if email.state != EmailState.SENDING:
                handled[email.state] += 1
                if email.kind == EmailKind.DIGEST and email.user_id and email.error in NOT_ALL_TO_BE_TOLD:
                    digests.queue_again(email.user_id)
                continue
            try:
                message = _bytes_of(email)
            except UNWRITABLE as error:
                handled[_close_unwritable(email, error)] += 1
                continue
            outcome = session.send(settings.DEFAULT_FROM_EMAIL, email.recipient, message)
            try:
                handled[_record(email, outcome)] += 1
            except LeaseLost:
                log.warning("mail_outcome_came_late", email=email.pk, answer=outcome.answer)
            if outcome.phase is Phase.CONNECT:
                return handled
    if MAILS.due().exists():
        nudge.now(Queue.MAIL)
    return handled


def _bytes_of(email: OutboxEmail) -> bytes:
    return message_bytes(
        message_id=email.message_id,
        recipient=email.recipient,
        date=email.created_at,
        subject=email.subject,
        body_text=email.body_text,
        body_html=email.body_html,
        headers=email.headers,
    )


def _close_unwritable(email: OutboxEmail, error: Exception) -> EmailState:
    """End a mail that cannot be written as a message: nothing of it has left."""
    reason = f"unwritable: {type(error).__name__}"
    log.error("mail_unwritable", email=email.pk, error=type(error).__name__)
    with transaction.atomic():
        _close(email, EmailState.FAILED, error=reason)
    return EmailState.FAILED


def _domain(email: OutboxEmail) -> str:
    return email.recipient.rpartition("@")[2].lower()


def due_now() -> QuerySet[OutboxEmail]:
    """Due mail to domains whose turn it is; none while everything is on hold."""
    if settings.HOLD:
        return OutboxEmail.objects.none()
    waiting = MailDomain.objects.filter(not_before__gt=Now()).values("domain")
    domain = Func(F("recipient"), Value("@"), Value(2), function="split_part", output_field=CharField())
    # What somebody waits for goes before what can wait: "awaited" comes before "bulk".
    return MAILS.due().alias(domain=Lower(domain)).exclude(domain__in=waiting).order_by("mail_class", "pk")


def _claim_next() -> OutboxEmail | None:
    """Claim the next mail; one that must or can not go comes back finished, `suppressed` or `failed`."""
    while True:
        try:
            with transaction.atomic():
                email = claim(MAILS, due_now())
                if email is None:
                    return None
                if not _is_stopped(email) and not _take_turn(_domain(email)):
                    raise _NotItsTurnError
                return email
        except _NotItsTurnError:
            continue


def _is_stopped(email: OutboxEmail) -> bool:
    """End a claimed mail that must or can not go; whether it was one."""
    try:
        reason = _why_not(email)
    except UNWRITABLE as error:
        _close_unwritable(email, error)
        return True
    if reason == introductions.INTERRUPTED:
        # Nothing was tried, so it is no attempt.
        pause = {"next_attempt_at": Now() + INTERRUPTED_PAUSE, "attempt": F("attempt") - 1}
        finish(MAILS, email, EmailState.DEFERRED, error=reason, **pause)
        email.state = EmailState.DEFERRED
    elif reason:
        _close(email, EmailState.SUPPRESSED, error=reason)
        if reason in SET_ASIDE:
            _set_slot_aside(email)
        if reason == "introduction_changed":
            # In the same transaction: awaited mail is not lost to a kill. A digest's items come again anyway.
            introductions.queue_again(email)
        if reason == "candidate_anonymous" and email.kind == EmailKind.INTEREST_CLOSED:
            interests.queue_again(email)
    return bool(reason)


def _set_slot_aside(email: OutboxEmail) -> None:
    """Free the person's slot for what may be told yet; the row keeps it with its own number."""
    OutboxEmail.objects.filter(pk=email.pk).update(slot=Concat("slot", Value(f"/{email.pk}")))


def _why_not(email: OutboxEmail) -> str:
    """Why a mail must not go, although it was right when it was queued; empty where it may."""
    user = email.user
    if reason := _why_nobody(email):
        return reason
    if user is None:
        return ""
    # An interest is told at least once, and still only to who wants such mail.
    if email.mail_class == MailClass.BULK or email.kind in INTEREST_KINDS:
        if is_suppressed(email.recipient):
            return "address_bounced"
        if email.kind in INTEREST_KINDS and not user.interest_mail:
            return "interest_mail_off"
        if email.kind == EmailKind.DIGEST and user.mail_frequency == MailFrequency.OFF:
            return "frequency_off"
    if email.kind == EmailKind.DIGEST:
        if not has_consent(user, ConsentPurpose.DIGEST):
            return "no_consent"
        return _why_not_told(email, user)
    if email.kind == EmailKind.INTRODUCTION:
        return introductions.why_not_told(email, user)
    if email.kind in INTEREST_KINDS:
        return interests.why_not_told(email, user)
    return ""


def _why_nobody(email: OutboxEmail) -> str:
    """Why the address may not be written to, whatever the mail tells; empty where it may."""
    by_alliance = account_mail.is_by_alliance(email)
    if email.user is None and not by_alliance:
        return "" if account_mail.is_for_staff(email) else "person_gone"
    if email.user and not email.user.is_active:
        return "account_not_active"
    if account_mail.has_expired(email):
        return "code_expired"
    # Nobody asked for what an alliance writes, least of all who was erased.
    return "address_bounced" if by_alliance and is_suppressed(email.recipient) else ""


def _why_not_told(email: OutboxEmail, user: User) -> str:
    """Why what a digest tells must not be told any more; one of NOT_ALL_TO_BE_TOLD.

    Locks the recommendations until the claim is committed. Who holds one back locks it too and looks for
    claimed mails after that: whoever is second sees what the first has done.
    """
    teams = set(_teams_of(user.pk))
    rows = Recommendation.objects.filter(digest_items__email=email)
    told = list(
        rows.order_by("pk")
        .select_related("seeker", "candidate")
        .only("state", "seeker__state", "candidate__state")
        .select_for_update(no_key=True, of=("self",))
    )
    if email.items.filter(names_candidate=True, recommendation__in=hidden()).exists():
        return "candidate_anonymous"
    if any(one.seeker_id not in teams for one in told):
        return "not_in_the_team"
    return why_not_told(told)


def _teams_of(user_id: int) -> Iterable[int]:
    """Ids of the organizations whose team the person is in."""
    return TeamMember.objects.filter(user_id=user_id).values_list("organization_id", flat=True)


def _take_turn(domain: str) -> bool:
    """Whether a message may go to this domain now; if so, the next must wait for the domain's pace."""
    if domain in STARTING_PACE:
        row = MailDomain(domain=domain, seconds_between=STARTING_PACE[domain])
        MailDomain.objects.bulk_create([row], ignore_conflicts=True)
    rows = MailDomain.objects.filter(domain=domain)
    pace = F("seconds_between") * Value(timedelta(seconds=1))
    return bool(rows.filter(not_before__lte=Now()).update(not_before=Now() + pace)) or not rows.exists()


def _record(email: OutboxEmail, outcome: Outcome) -> EmailState:
    """Write what came of it; LeaseLost where the row is no longer this worker's."""
    state, pause = _fate(email, outcome)
    log.info(
        "mail_handled",
        email=email.pk,
        state=state,
        answer=outcome.answer,
        phase=outcome.phase,
        code=outcome.code,
    )
    with transaction.atomic():
        if state == EmailState.SENT:
            _close(email, state, reply=outcome.reply, sent_at=Now())
            _speed_up(_domain(email))
        elif pause is not None:
            since = Coalesce("delayed_since", Now())
            finish(
                MAILS, email, state, reply=outcome.reply, next_attempt_at=Now() + pause, delayed_since=since
            )
        else:
            _close(email, state, reply=outcome.reply, error=outcome.answer)
        if outcome.answer is Answer.UNKNOWN_RECIPIENT:
            suppress(email.recipient, outcome.answer)
        if outcome.slow_down:
            _slow_down(_domain(email), DOMAIN_PAUSE[outcome.answer])
    return state


def _fate(email: OutboxEmail, outcome: Outcome) -> tuple[EmailState, timedelta | None]:
    """The state after an answer, and the pause before the next attempt where there is to be one."""
    bulk = email.mail_class == MailClass.BULK
    match outcome.answer:
        case Answer.ACCEPTED:
            return EmailState.SENT, None
        case Answer.UNKNOWN_RECIPIENT:
            return (EmailState.SUPPRESSED if bulk else EmailState.FAILED), None
        case Answer.REFUSED:
            return EmailState.FAILED, None
        case Answer.UNCLEAR if bulk:
            return EmailState.UNCERTAIN, None
        case Answer.LIMITED:
            pause, limit = LIMITED_PAUSE, GIVE_UP_LIMITED_AFTER
        case _:
            pause = LADDER[min(email.attempt, len(LADDER)) - 1]
            limit = GIVE_UP_LIMITED_AFTER if _is_slowed(_domain(email)) else GIVE_UP_AFTER
    # From the first answer that put it off: what waited here before, on hold or for us, was not tried.
    if OutboxEmail.objects.filter(pk=email.pk, delayed_since__lt=Now() - limit).exists():
        return EmailState.FAILED, None
    return EmailState.DEFERRED, pause * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  spreads, hides nothing


def _close(
    email: OutboxEmail,
    state: EmailState,
    *,
    reply: str = "",
    error: str = "",
    sent_at: datetime | Now | None = None,
) -> None:
    """End a mail in the caller's transaction, with its audit row. What was not told may be told again."""
    finish(MAILS, email, state, reply=reply, error=error, sent_at=sent_at, **MAILS.when_over)
    email.state, email.error = state, error
    if state in (EmailState.SUPPRESSED, EmailState.FAILED):
        email.items.all().delete()
    CurationEvent.objects.create(
        subject="email", subject_id=email.pk, kind=state, data={"reason": error} if error else {}
    )


def _is_slowed(domain: str) -> bool:
    """Whether a domain has asked for less mail than we began with, and was not yet given all of it again."""
    start = STARTING_PACE.get(domain, 1)
    return MailDomain.objects.filter(domain=domain, seconds_between__gt=start).exists()


def _slow_down(domain: str, pause: timedelta) -> None:
    """Serve a domain half as often from now on, and not at all for a while."""
    row = MailDomain(domain=domain, seconds_between=1)
    MailDomain.objects.bulk_create([row], ignore_conflicts=True)
    row = MailDomain.objects.select_for_update().get(domain=domain)
    row.seconds_between = min(row.seconds_between * 2, SLOWEST_PACE)
    row.not_before, row.paced_at = Now() + pause, Now()
    row.save(update_fields=["seconds_between", "not_before", "paced_at"])


def _speed_up(domain: str) -> None:
    """After a day without complaint, serve a slowed domain twice as often again, down to where it started."""
    start = STARTING_PACE.get(domain, 1)
    MailDomain.objects.filter(
        domain=domain, paced_at__lt=Now() - timedelta(days=1), seconds_between__gt=start
    ).update(seconds_between=Greatest(F("seconds_between") / 2, start), paced_at=Now())
