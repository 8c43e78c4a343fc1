"""The tick: whatever is due is begun or begun again, once, however many schedulers tick."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils import timezone

from alliances.services.screening import screen_organizations
from alliances.services.uploads import drop_old_uploads
from matchmaking import nudge
from matchmaking.enums import Queue
from matchmaking.models import PeriodicRun
from matchmaking.services import (
    bulk_moves,
    events,
    interests,
    leases,
    list_imports,
    release,
    runs,
    shards,
    webhook_delivery,
)
from matchmaking.services.answers import answers_lapse, expire_unanswered
from matchmaking.services.api_calls import old_calls_drop
from matchmaking.services.erasure import unused_accounts_drop
from matchmaking.services.mails import old_bodies_drop
from matchmaking.services.policies import active_policy, publish_due
from matchmaking.services.webhooks import old_deliveries_drop

log = structlog.get_logger(__name__)

TIDYING_HOUR = 0
EXPIRY_HOUR = 1  # before the run, which may propose again what nobody answered
SCREENING_HOUR = 1  # before the run: whom a list newly means is left out of it
NIGHT_HOUR = 2  # UTC: mid-morning in China, evening in the United States
INTERESTS_HOUR = 1  # before it too: a pair that ends in silence rests from this night on
DIGEST_HOUR = 6
# What a tick spends on digests: with its other parts well within a task's time limit.
DIGEST_SECONDS = 45.0


def sweep() -> None:
    """One tick: questions after the workers' health, lost and due rows, periodic jobs.

    Each part may run twice, in parallel or not at all without harm, and one that fails leaves the others be.
    """
    for part in (
        _ask_for_heartbeats,
        shards.recover,
        bulk_moves.recover,
        list_imports.recover,
        _publish_due,
        _tell_of_reviews,
        _revoke_tokens_of_leavers,
        _tell_of_interests,
        _recover_mail,
        webhook_delivery.recover,
        _match_anew,
        _release_on_schedule,
        _digests_at_once,
    ):
        _attempt(part)
    begin_periodic_jobs()


def _attempt(part: Callable[..., None], *arguments: object) -> None:
    try:
        part(*arguments)
    except Exception:
        log.exception("sweep_part_failed", part=part.__name__)


def _ask_for_heartbeats() -> None:
    for queue in Queue:
        nudge.for_heartbeat(queue, expires=3 * settings.SWEEP_SECONDS)


def _recover_mail() -> None:
    leases.expire(leases.MAILS)
    if leases.MAILS.due().exists():
        nudge.now(Queue.MAIL)


def _publish_due() -> None:
    # Before the night's run is begun, which is to use it.
    publish_due()


def _tell_of_reviews() -> None:
    events.tell_of_reviews()


def _revoke_tokens_of_leavers() -> None:
    events.revoke_tokens_of_leavers()


def _tell_of_interests() -> None:
    interests.tell()


def _match_anew() -> None:
    events.match_anew()


def _release_on_schedule() -> None:
    for scheduled in release.releases_due():
        _attempt(release.release_carry_out, scheduled)


def _digests_at_once() -> None:
    from matchmaking.services import digests

    digests.queue_at_once(DIGEST_SECONDS)


def begin_periodic_jobs() -> None:
    """Begin the jobs whose slot has come and which nobody began; of several missed slots only the last."""
    if settings.PERIODIC_JOBS:
        for name, (hour, job) in JOBS.items():
            slot = _day_slot(hour, timezone.now())
            if not PeriodicRun.objects.filter(name=name, slot=slot).exists():
                _attempt(job, name, slot)


def _day_slot(hour: int, now: datetime) -> str:
    """The UTC day that began last at this hour."""
    return (now - timedelta(hours=hour)).date().isoformat()


def take_slot(name: str, slot: str) -> bool:
    """Whether the job of this slot is the caller's.

    Call it in the transaction that does the job, or after a job that does no harm when it is done twice.
    """
    _row, mine = PeriodicRun.objects.get_or_create(name=name, slot=slot)
    return mine


def _nightly_run(name: str, slot: str) -> None:
    prepared = runs.prepare(active_policy())
    with transaction.atomic():
        if take_slot(name, slot):
            runs.record(prepared)


def _digests(name: str, slot: str) -> None:
    from matchmaking.services import digests

    # The slot is taken at the end: a digest is made once anyway, and the next tick goes on with what is left.
    if digests.queue_turn(DIGEST_SECONDS).complete:
        take_slot(name, slot)


def _tidying(name: str, slot: str) -> None:
    drop_old_uploads()
    unused_accounts_drop()
    old_calls_drop()
    old_deliveries_drop()
    old_bodies_drop()
    call_command("clearsessions")
    take_slot(name, slot)


def _expiry(name: str, slot: str) -> None:
    expire_unanswered()
    answers_lapse()
    take_slot(name, slot)


def _interests(name: str, slot: str) -> None:
    interests.remind()
    interests.close_silent()
    take_slot(name, slot)


def _screening(name: str, slot: str) -> None:
    screen_organizations()
    take_slot(name, slot)


JOBS: Mapping[str, tuple[int, Callable[[str, str], None]]] = {
    "tidying": (TIDYING_HOUR, _tidying),
    "expiry": (EXPIRY_HOUR, _expiry),
    "interests": (INTERESTS_HOUR, _interests),
    "screening": (SCREENING_HOUR, _screening),
    "nightly_run": (NIGHT_HOUR, _nightly_run),
    "digests": (DIGEST_HOUR, _digests),
}
