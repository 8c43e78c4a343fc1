"""A restricted-party list from its file: all of it or nothing."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import UTC, date, datetime
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alliances.enums import ScreeningListName
from alliances.importing import ImportRefused
from alliances.models import ScreeningHit
from alliances.services.screening import screening_import

SHOWN_PROBLEMS = 100


def _date(text: str) -> date:
    return date.fromisoformat(text)


class Command(BaseCommand):
    help = "Make the entries of a file the current ones of a list, and screen every organization anew."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the list (CSV or JSON)")
        parser.add_argument(
            "--list", required=True, choices=ScreeningListName.values, help="which list it is"
        )
        parser.add_argument("--version", dest="list_version", default="", help="default: the file's own")
        parser.add_argument("--date", type=_date, help="YYYY-MM-DD; default: the file's own")

    def create_parser(self, prog_name: str, subcommand: str, **kwargs: object) -> ArgumentParser:  # type: ignore[override]
        # Django's own --version gives way to that of the list.
        return super().create_parser(prog_name, subcommand, conflict_handler="resolve", **kwargs)

    def handle(self, *args: object, **options: object) -> None:
        path, dated = options["file"], options["date"]
        assert isinstance(path, Path)  # noqa: S101  the parser made it one
        try:
            with path.open("rb") as file:
                # One byte more than allowed is enough to refuse a file of any size.
                content = file.read(settings.SCREENING_MAX_BYTES + 1)
            modified = datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        try:
            imported = screening_import(
                content,
                file_name=path.name,
                name=str(options["list"]),
                version=str(options["list_version"] or ""),
                dated=dated if isinstance(dated, date) else None,
                modified=modified,
            )
        except ImportRefused as refusal:
            for problem in refusal.problems[:SHOWN_PROBLEMS]:
                self.stderr.write(problem.sentence)
            raise CommandError(_("Nothing was imported.")) from refusal
        hits = ScreeningHit.objects.blocking().count()
        self.stdout.write(
            _("%(list)s, version %(version)s of %(date)s: %(count)s entries.")
            % {
                "list": imported.name,
                "version": imported.version,
                "date": imported.dated.isoformat(),
                "count": f"{imported.entry_count:,}",
            }
        )
        self.stdout.write(
            ngettext(
                "%(count)s hit keeps an organization out.", "%(count)s hits keep organizations out.", hits
            )
            % {"count": f"{hits:,}"}
        )
