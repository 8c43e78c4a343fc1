"""The register from a file: all of it or nothing."""

from __future__ import annotations

import tempfile
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from alliances.importing import ImportProblem, ImportRefused
from alliances.importing.formats import problem_report
from alliances.services.organization_import import import_organizations

SHOWN_PROBLEMS = 100


class Command(BaseCommand):
    help = (
        "Create and update organizations from a CSV or XLSX file: all of it or nothing, every bad row named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the organizations file (CSV or XLSX)")
        parser.add_argument("--dry-run", action="store_true", help="check and count, save nothing")
        parser.add_argument("--approve", action="store_true", help="new organizations are approved at once")

    def handle(self, *args: object, **options: object) -> None:
        path = options["file"]
        assert isinstance(path, Path)  # noqa: S101  the parser made it one
        try:
            with path.open("rb") as file:
                # One byte more than allowed is enough to refuse a file of any size.
                content = file.read(settings.IMPORT_MAX_BYTES + 1)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        dry_run = bool(options["dry_run"])
        try:
            result = import_organizations(
                content, file_name=path.name, approve=bool(options["approve"]), dry_run=dry_run
            )
        except ImportRefused as refusal:
            self._show(refusal.problems, path)
            raise CommandError(_("Nothing was imported.")) from refusal
        counts = _("%(created)s created, %(updated)s updated, %(unchanged)s unchanged.") % result._asdict()
        self.stdout.write(_("Dry run, nothing saved: %(counts)s") % {"counts": counts} if dry_run else counts)

    def _show(self, problems: Sequence[ImportProblem], path: Path) -> None:
        for problem in problems[:SHOWN_PROBLEMS]:
            self.stderr.write(problem.sentence)
        if len(problems) > SHOWN_PROBLEMS:
            report = _write_report(problems, path)
            self.stderr.write(
                _("%(count)s problems in all; the full list is in %(path)s.")
                % {"count": f"{len(problems):,}", "path": report}
            )


def _write_report(problems: Sequence[ImportProblem], path: Path) -> Path:
    """Every problem as CSV beside the file, or in the temporary folder where that may not be written."""
    report = problem_report(problems)
    name = f"{path.stem}.problems.csv"
    for folder in (path.parent, Path(tempfile.mkdtemp(prefix="import-"))):
        try:
            (folder / name).write_bytes(report)
        except OSError:
            continue
        return folder / name
    raise CommandError(_("The report of problems cannot be written anywhere."))
