"""What follows of the register's events: teams and programs are told of a review, newcomers are matched, the
tokens of who left a team end."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import structlog
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import translation

from alliances.enums import EventKind
from alliances.models import Organization, RegisterEvent, User
from alliances.selectors import active_editors
from alliances.signals import register_changed
from matchmaking import nudge
from matchmaking.emails.review import review_email
from matchmaking.enums import OPEN_RUN_STATES, EmailKind, MailClass, Queue
from matchmaking.models import EventEffect, MatchRun, OutboxEmail
from matchmaking.services import amendments, runs
from matchmaking.services.mails import address_of, mail_row, mails_queue
from matchmaking.services.policies import active_policy
from matchmaking.services.tokens import leavers_tokens_revoke
from matchmaking.services.webhook_events import tell_of_review

log = structlog.get_logger(__name__)

TOLD, TOKENS_REVOKED = "told", "tokens_revoked"
# By these somebody is in a team no longer.
LEFT = Q(kind__in=(EventKind.TEAM_MEMBER_LEFT, EventKind.TEAM_MEMBER_REMOVED)) | Q(
    kind=EventKind.OWNERSHIP_HANDED_OVER, data__then="left"
)
# A move of the review is told to the team: how it went, and what to do next.
MOVES = (
    EventKind.SUBMITTED,
    EventKind.CHANGES_REQUESTED,
    EventKind.PUT_ON_HOLD,
    EventKind.APPROVED,
    EventKind.REJECTED,
    EventKind.SUSPENDED,
    EventKind.WITHDRAWN,
)
MOVED = Q(kind__in=MOVES, data__has_key="from")
BATCH = 200
# After which run what happened turned out to make no difference: this process looks at it once.
_changed_nothing: dict[datetime, set[amendments.Touch]] = {}


def listen() -> None:
    """Have a worker look whenever the register changed, sooner than at the next tick."""
    register_changed.connect(_on_change, dispatch_uid="matchmaking.events")


def _on_change(**_signal: object) -> None:
    nudge.now(Queue.DEFAULT)


def tell_of_reviews() -> int:
    """Queue the mails of review moves that nobody was told of yet; returns how many moves were handled.

    Moves that a file made are told to nobody: its organizations have no team yet.
    """
    handled = 0
    while waiting := _without(TOLD, MOVED):
        handled += sum(_tell(event) for event in waiting)
    return handled


def _without(effect: str, kinds: Q) -> list[RegisterEvent]:
    """The first events of these kinds about which this was not done yet."""
    done = EventEffect.objects.filter(event=OuterRef("pk"), effect=effect)
    events = RegisterEvent.objects.filter(kinds)
    return list(events.filter(~Exists(done)).order_by("pk")[:BATCH])


def _take(event: RegisterEvent, effect: str) -> bool:
    """Whether the event is this caller's: the effect's uniqueness lets one have it."""
    _effect, mine = EventEffect.objects.get_or_create(event=event, effect=effect)
    return mine


@transaction.atomic
def _tell(event: RegisterEvent) -> bool:
    mine = _take(event, TOLD)
    found = Organization.objects.filter(pk=event.organization_id or 0)
    organization = found.select_related("merged_into").first()
    if mine and organization is not None:
        tell_of_review(event, organization)
        # Where the state has moved on since, the newer move has its own mail.
        if organization.state == event.data["to"]:
            _queue(event, organization)
    return mine


def _queue(event: RegisterEvent, organization: Organization) -> None:
    leaves_webhooks = organization.merged_into is not None and organization.webhooks.exists()
    rows = [
        _row(event, organization, user, address, leaves_webhooks=leaves_webhooks)
        for user in active_editors(organization)
        if (address := address_of(user))
    ]
    mails_queue(rows, {"event": event.pk})


def _row(
    event: RegisterEvent, organization: Organization, user: User, address: str, *, leaves_webhooks: bool
) -> OutboxEmail:
    with translation.override(user.language):
        email = review_email(user, organization, at=event.at, leaves_webhooks=leaves_webhooks)
    return mail_row(
        email,
        EmailKind.REVIEW,
        MailClass.AWAITED,
        recipient=address,
        language=user.language,
        user=user,
        slot=f"event-{event.pk}",
    )


def revoke_tokens_of_leavers() -> int:
    """End the API tokens of places in teams that were left, whoever ended them; returns how many places.

    They open nothing from the moment of leaving on; from now on not even for who comes back.
    """
    handled = 0
    while waiting := _without(TOKENS_REVOKED, LEFT):
        handled += sum(_revoke_tokens(event) for event in waiting)
    return handled


@transaction.atomic
def _revoke_tokens(event: RegisterEvent) -> bool:
    mine = _take(event, TOKENS_REVOKED)
    if mine:
        handed_over = event.kind == EventKind.OWNERSHIP_HANDED_OVER
        person = event.data["from" if handed_over else "user"]
        leavers_tokens_revoke(person, event.organization_id or 0, event.at, event.actor_id)
    return mine


def match_anew() -> MatchRun | None:
    """Where something happened to an organization since the newest run read the register: amend its lists, or
    ask for a full run where that would not do. None where nothing is to be done.

    Before the first run of all nothing is asked for: the register is being filled, and the night or a
    curator begins. A run that is under way is waited for, to the end of its proposing, and what it did not
    see asks for the next.
    """
    last = MatchRun.objects.real().select_related("amends").order_by("-pk").first()
    if (
        last is None
        or last.state in OPEN_RUN_STATES
        or last.shards.filter(state__in=runs.UNFINISHED).exists()
    ):
        return None
    touches = amendments.touches_since(last)
    if not touches or _changed_nothing.get(last.requested_at) == touches:
        return None
    try:
        amendment = amendments.prepare(last)
        if amendment is None:
            _changed_nothing.clear()
            _changed_nothing[last.requested_at] = touches
            return None
        record = partial(amendments.record, amendment)
    except amendments.FullRunNeededError:
        record = partial(runs.record, runs.prepare(active_policy()))
    with transaction.atomic():
        # Of two sweepers one asks: the newest run's row decides, and it must be the same still.
        newest = MatchRun.objects.real().select_for_update(of=("self",)).order_by("-pk").first()
        if newest is None or newest.pk != last.pk:
            return None
        run = record()
    log.info("run_requested_by_register", run=run.pk)
    return run
