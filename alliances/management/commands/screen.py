"""The verdict of the restricted-party lists on names."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from alliances.importing import ImportRefused, read_csv_rows
from alliances.importing.table import Limits
from alliances.services.screening import Screened, screen

NAME = "name"


class Command(BaseCommand):
    help = "Compare names with the current lists: hit, clear or cannot_screen. Nothing is stored."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="a name to screen")
        parser.add_argument("--file", type=Path, help="a CSV file with a column 'name'")
        parser.add_argument("--format", choices=["table", "json"], default="table")

    def handle(self, *args: object, **options: object) -> None:
        path, given = options["file"], options["names"]
        names = list(given) if isinstance(given, list) else []
        if isinstance(path, Path):
            names = [*_names(path), *names]
        elif not names:
            raise CommandError(_("Give names, or a file with --file."))
        verdicts = screen(names)
        if options["format"] == "json":
            rows = [verdict._asdict() for verdict in verdicts]
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            self._table(verdicts)

    def _table(self, verdicts: Sequence[Screened]) -> None:
        header = tuple(Screened._fields)
        rows = [
            tuple("" if value is None else " ".join(str(value).split()) for value in verdict)
            for verdict in verdicts
        ]
        widths = [max(len(row[place]) for row in (header, *rows)) for place in range(len(header))]
        for row in (header, *rows):
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            self.stdout.write("  ".join(cells).rstrip())


def _names(path: Path) -> list[str]:
    """The column `name` of a file. Every row counts, also one whose name is empty."""
    limits = Limits(settings.SCREENING_MAX_BYTES, settings.SCREENING_MAX_ROWS)
    try:
        with path.open("rb") as file:
            table = read_csv_rows(file.read(limits.bytes + 1), limits, skip_blank=False)
    except OSError as error:
        raise CommandError(f"{path}: {error.strerror}") from error
    except ImportRefused as refusal:
        raise CommandError("\n".join(problem.sentence for problem in refusal.problems)) from refusal
    if NAME not in table.header:
        raise CommandError(_("Column '%(column)s' is missing.") % {"column": NAME})
    place = table.header.index(NAME)
    return [row.cells[place] for row in table.rows]
