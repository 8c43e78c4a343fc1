"""The lists of a run as CSV or JSON, numbers unrounded."""

from __future__ import annotations

import json
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser

from alliances.importing import write_csv
from alliances.models import Organization
from matchmaking.models import MatchRun
from matchmaking.selectors.rankings import COLUMNS, exported_rows
from matchmaking.selectors.runs import last_complete_run
from matchmaking.services.rankings import KEPT_RUNS, partition_name, partitions


class Command(BaseCommand):
    help = "Print the lists of a run, by seeker, kind and rank within the kind."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--run", metavar="ID", type=int, help="default: the last complete run")
        parser.add_argument("--organization", metavar="CODE", help="this seeker's lists only")
        parser.add_argument("--top", metavar="K", type=int, help="the first K of each list")
        parser.add_argument("--format", choices=["csv", "json"], required=True)

    def handle(self, *_args: Any, **options: Any) -> None:
        top = options["top"]
        if top is not None and top < 1:
            raise CommandError(f"--top is {top}; give 1 or more.")
        rows = exported_rows(
            self._run(options["run"]), organization=self._organization(options["organization"]), top=top
        )
        if options["format"] == "csv":
            write_csv(rows, COLUMNS, cast("TextIO", self.stdout))
        else:
            named = [dict(zip(COLUMNS, row, strict=True)) for row in rows]
            self.stdout.write(json.dumps(named, allow_nan=False, indent=1))

    def _run(self, number: int | None) -> MatchRun:
        run = MatchRun.objects.filter(pk=number).first() if number is not None else last_complete_run()
        if run is None:
            raise CommandError(
                f"There is no run {number}." if number is not None else "No run is complete yet."
            )
        if partition_name(run.pk) not in partitions():
            raise CommandError(
                f"Run {run.pk} ({run.state}) has no lists: only those of the last {KEPT_RUNS} complete runs "
                "are kept."
            )
        return run

    def _organization(self, code: str | None) -> Organization | None:
        if code is None:
            return None
        organization = Organization.objects.filter(code=code).first()
        if organization is None:
            raise CommandError(f"There is no organization with the code {code!r}.")
        return organization
