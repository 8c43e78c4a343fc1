"""The register as a file, in the format that `import_organizations` reads."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from alliances.importing import FileFormat, table_file
from alliances.importing.organizations import COLUMNS, organization_rows


class Command(BaseCommand):
    help = "Write every organization as CSV or XLSX. Importing the file again changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file",
            type=Path,
            nargs="?",
            help="where to write, .csv or .xlsx; CSV on standard output if absent",
        )

    def handle(self, *args: object, **options: object) -> None:
        path = options["file"]
        file_format = FileFormat.of(path.name) if isinstance(path, Path) else FileFormat.CSV
        with transaction.atomic():
            content = table_file(organization_rows(), COLUMNS, file_format, "Organizations")
        if not isinstance(path, Path):
            self.stdout.write(content.decode("utf-8-sig"), ending="")
            return
        try:
            path.write_bytes(content)
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
