"""Whether the service does its work: what stands behind the pages, looked at anew on every call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import Error
from django.db.models import DurationField, ExpressionWrapper, Min
from django.db.models.functions import Coalesce, Now
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from alliances.services.screening import current_lists, stale_words
from matchmaking import nudge
from matchmaking.enums import MailClass, Queue
from matchmaking.services import heartbeat, outbox

log = structlog.get_logger(__name__)

NAMES: Mapping[str, str] = {
    "database": gettext_noop("Database"),
    "broker": gettext_noop("Broker"),
    "worker_score": gettext_noop("Worker for matching"),
    "worker_mail": gettext_noop("Worker for mail"),
    "worker_webhooks": gettext_noop("Worker for webhooks"),
    "sweep": gettext_noop("Clock"),
    "outbox": gettext_noop("Outgoing mail"),
}
# Shown at the desk alone: it keeps organizations out, and no page from working.
DESK_NAMES: Mapping[str, str] = {"screening": gettext_noop("Screening")}
# Due mail beyond this waits for a worker or a relay. Digests by the thousand take their time.
LONGEST_WAIT: Mapping[str, timedelta] = {
    MailClass.AWAITED: timedelta(minutes=10),
    MailClass.BULK: timedelta(hours=3),
}


@dataclass(frozen=True)
class Check:
    """One thing looked at. `key` is for machines; `detail` is in the reader's language."""

    key: str
    ok: bool
    detail: str

    @property
    def name(self) -> str:
        """What was looked at, in the reader's language."""
        return _({**NAMES, **DESK_NAMES}[self.key])


def health() -> list[Check]:
    """The checks of NAMES, in that order. Never raises; takes about 2 s at most on a frozen broker."""
    broker = Check("broker", True, _("Answers.")) if nudge.broker_answers() else _away("broker")
    try:
        ages, waits = heartbeat.ages(), _mail_waits()
    except Error as error:
        log.warning("health_without_database", error=type(error).__name__)
        unknown = [Check(key, False, _("Not known without the database.")) for key in list(NAMES)[2:]]
        return [_away("database"), broker, *unknown]
    return [
        Check("database", True, _("Answers.")),
        broker,
        _worker("worker_score", ages.get(Queue.SCORE)),
        _worker("worker_mail", ages.get(Queue.MAIL)),
        _worker("worker_webhooks", ages.get(Queue.WEBHOOKS)),
        _sweep(ages.get(Queue.DEFAULT)),
        _outbox(waits),
    ]


def screening_check() -> Check:
    """Whether restricted-party lists are in use and up to date; one query."""
    lists = list(current_lists())
    if not lists:
        detail = _("Off: no list was ever imported. Import one with the command import_screening_list.")
        return Check("screening", True, detail)
    stale = stale_words(lists)
    return Check("screening", not stale, " ".join(stale) or _("Every list in use is up to date."))


def _away(key: str) -> Check:
    return Check(key, False, _("Does not answer."))


def _worker(key: str, age: timedelta | None) -> Check:
    if age is None:
        return Check(key, False, _("No worker has shown itself yet."))
    return Check(key, age <= heartbeat.fresh_for(), _("Last task %(age)s ago.") % {"age": _words(age)})


def _sweep(age: timedelta | None) -> Check:
    """Beat and the worker of the default queue at once: only beat's tick makes that worker run a task."""
    if age is None:
        detail = _("No sweep yet. Look at beat and at the worker of the default queue.")
        return Check("sweep", False, detail)
    if age > heartbeat.fresh_for():
        detail = _("No sweep for %(age)s. Look at beat and at the worker of the default queue.")
        return Check("sweep", False, detail % {"age": _words(age)})
    return Check("sweep", True, _("Last sweep %(age)s ago.") % {"age": _words(age)})


def _mail_waits() -> dict[str, timedelta]:
    """How long the oldest due mail of each class has waited."""
    since = Min(Coalesce("next_attempt_at", "created_at"))
    waited = ExpressionWrapper(Now() - since, output_field=DurationField())
    return dict(outbox.due_now().order_by().values_list("mail_class").annotate(waited=waited))


def _outbox(waits: Mapping[str, timedelta]) -> Check:
    if settings.HOLD:
        detail = _(
            "On hold: HOLD is set, so that no mail and no webhook leaves. The command held prints what waits."
        )
        return Check("outbox", False, detail)
    if not waits:
        return Check("outbox", True, _("Nothing is due."))
    ok = all(wait <= LONGEST_WAIT[mail_class] for mail_class, wait in waits.items())
    detail = _("The oldest mail that is due has waited %(age)s.")
    return Check("outbox", ok, detail % {"age": _words(max(waits.values()))})


def _words(age: timedelta) -> str:
    seconds = int(age.total_seconds())
    if seconds < 120:
        return _("%(number)s s") % {"number": seconds}
    if seconds < 7200:
        return _("%(number)s min") % {"number": seconds // 60}
    return _("%(number)s h") % {"number": seconds // 3600}
