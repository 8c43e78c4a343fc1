"""The register as a file, in the format that `import_organizations` reads."""

from __future__ import annotations

import io
from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from alliances.importing import write_csv
from alliances.importing.organizations import COLUMNS, organization_rows


class Command(BaseCommand):
    help = "Write every organization as CSV. Importing the file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, nargs="?", help="where to write; standard output if absent")

    def handle(self, *args: object, **options: object) -> None:
        path = options["file"]
        stream = io.StringIO(newline="")
        with transaction.atomic():
            write_csv(organization_rows(), COLUMNS, stream)
        if not isinstance(path, Path):
            self.stdout.write(stream.getvalue(), ending="")
            return
        try:
            # The mark in front makes Excel read the Chinese as UTF-8.
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                file.write(stream.getvalue())
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
