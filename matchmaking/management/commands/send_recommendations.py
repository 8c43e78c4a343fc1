"""Queue the digests that are due, see them off, and print what became of them."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from matchmaking import nudge
from matchmaking.enums import EmailState, Queue
from matchmaking.management.workers import worker_running
from matchmaking.models import OutboxEmail
from matchmaking.services import digests, leases

LOOK_SECONDS = 0.2
# The mail server takes nothing: the outbox goes on by itself, the command does not wait for it.
STALLED_SECONDS = 60
WAITING = (EmailState.QUEUED, EmailState.SENDING)
UNFINISHED = (*WAITING, EmailState.DEFERRED)


class Command(BaseCommand):
    help = "Send the recommendation digests that are due now, one a person, through the mail worker."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="say who would be told what; save nothing")

    def handle(self, *_args: Any, **options: Any) -> None:
        if options["dry_run"]:
            self._say_what_is_due()
            return
        queued = digests.queue_due()
        ids = list(OutboxEmail.objects.filter(state__in=UNFINISHED).values_list("pk", flat=True))
        self.stdout.write(f"Digests queued: {queued}. Emails to send: {len(ids)}.")
        if settings.HOLD:
            self.stdout.write("On hold: they stay in the outbox until HOLD is unset.")
            return
        try:
            self._wait(ids)
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped waiting. The emails stay in the outbox and leave while a mail worker runs.",
                returncode=130,
            ) from None
        for state, count in self._states(ids).items():
            self.stdout.write(f"{state:<12}{count:>8,}")

    def _say_what_is_due(self) -> None:
        planned = digests.digests_due()
        for digest in planned:
            codes = ", ".join(section.organization.code for section in digest.sections)
            count = len(digest.recommendations)
            self.stdout.write(f"{codes}: {count} recommendations, {digest.user.language}, slot {digest.slot}")
        self.stdout.write(f"Digests due: {len(planned)}. Nothing was saved or sent.")

    def _states(self, ids: list[int]) -> Counter[str]:
        return Counter(OutboxEmail.objects.filter(pk__in=ids).order_by("pk").values_list("state", flat=True))

    def _wait(self, ids: list[int]) -> None:
        if not ids:
            return
        with worker_running(Queue.MAIL) as check:
            nudge.now(Queue.MAIL)
            left, since, swept = len(ids), time.monotonic(), time.monotonic()
            while True:
                states = self._states(ids)
                waiting = sum(states[state] for state in WAITING)
                if waiting < left:
                    left, since = waiting, time.monotonic()
                self._show(len(ids) - waiting, len(ids))
                if not waiting:
                    break
                check()
                if time.monotonic() - since > STALLED_SECONDS:
                    self.stderr.write(
                        "\nThe mail server takes nothing now. What is left is tried again later."
                    )
                    return
                time.sleep(LOOK_SECONDS)
                # What beat does in production; beside it, harmless.
                if time.monotonic() - swept > settings.SWEEP_SECONDS:
                    leases.expire(leases.MAILS)
                    nudge.now(Queue.MAIL)
                    swept = time.monotonic()
        if sys.stderr.isatty():
            self.stderr.write("")

    def _show(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            self.stderr.write(f"\r{done} of {total} emails", ending="")
            self.stderr.flush()
