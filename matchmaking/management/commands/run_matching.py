"""Request a run, wait for it with a progress bar, print what it counted."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import date
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from matchmaking.engine.names import CAUSES
from matchmaking.enums import OPEN_RUN_STATES, Queue, RunStage, RunState
from matchmaking.management.workers import worker_running
from matchmaking.models import MatchRun
from matchmaking.selectors.runs import Progress, progress
from matchmaking.services import policies, runs, shards

LOOK_SECONDS = 0.2
BAR = 40


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date; write it like 2026-11-30.") from None


class Command(BaseCommand):
    help = "Score every cross-border pair through the workers, and wait for the lists."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--policy", metavar="NAME", help="the scoring policy; default: the active one")
        parser.add_argument("--top-k", metavar="K", type=int, help="length of a list; default: the policy's")
        parser.add_argument(
            "--as-of", metavar="DATE", type=day, help="the day of the run; default: today, UTC"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            name = options["policy"]
            policy = policies.policy_named(name) if name else policies.active_policy()
            run = runs.run_request(policy, top_k=options["top_k"], as_of=options["as_of"])
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(
            f"Run {run.pk}: policy {policy}, as of {run.as_of}, top {run.top_k}, "
            f"{run.organizations:,} organizations, {run.pairs:,} pairs."
        )
        try:
            self._wait(run)
        except KeyboardInterrupt:
            raise CommandError(
                f"Stopped waiting. Run {run.pk} goes on while a worker runs; without one it waits.",
                returncode=130,
            ) from None
        run.refresh_from_db()
        self._report(run)
        if run.state != RunState.COMPLETE:
            raise CommandError(f"Run {run.pk} is {run.state}. {run.cause}")
        if progress(run.pk).quarantined:
            raise CommandError(
                f"The lists of run {run.pk} are complete, but its recommendations could not be made: "
                "the step propose is quarantined. The page of the run shows why; the list retries it."
            )

    def _wait(self, run: MatchRun) -> None:
        if run.state not in OPEN_RUN_STATES:
            return
        with worker_running(Queue.SCORE) as check:
            shown, swept = "", time.monotonic()
            while True:
                now = progress(run.pk)
                shown = self._show(now, shown)
                if now.settled:
                    break
                check()
                time.sleep(LOOK_SECONDS)
                # What beat does in production; beside it, harmless.
                if time.monotonic() - swept > settings.SWEEP_SECONDS:
                    shards.recover()
                    swept = time.monotonic()
        if sys.stderr.isatty():
            self.stderr.write("")

    def _show(self, now: Progress, shown: str) -> str:
        """One line that moves on a terminal; elsewhere a line for each tenth."""
        if sys.stderr.isatty():
            full = round(BAR * now.share)
            line = f"\r[{'#' * full}{'.' * (BAR - full)}] {now.share:4.0%}  {now.done} of {now.total} steps"
            self.stderr.write(line, ending="")
            self.stderr.flush()
            return line
        line = f"{now.share * 10 // 1 * 10:3.0f} %"
        if line != shown:
            self.stderr.write(line)
        return line

    def _report(self, run: MatchRun) -> None:
        counted = run.counts.get("excluded", {})
        excluded = {cause: counted[cause] for cause in CAUSES if counted.get(cause)}
        self.stdout.write(f"Scored    {run.counts.get('scored', 0):>12,}")
        self.stdout.write(f"Excluded  {sum(excluded.values()):>12,}")
        for cause, count in excluded.items():
            self.stdout.write(f"  {cause:<20}{count:>12,}")
        for country, exposure in run.exposure.items():
            self.stdout.write(
                f"Exposure of {country} organizations in top tens: Gini {exposure['gini']:.3f}, "
                f"top 1 % hold {exposure['top_share']:.1%}, the most listed stands in "
                f"{exposure['most_entries']} of {exposure['lists']}."
            )
        if run.started_at and run.finished_at:
            took = (run.finished_at - run.started_at).total_seconds()
            scoring = run.stage_seconds.get(RunStage.SCORE, 0.0)
            self.stdout.write(f"Scoring took {scoring:.2f} s, the whole run {took:.2f} s.")
