"""How well the active policy finds partnerships that are known to have happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from alliances.enums import Country
from alliances.importing import ImportRefused, read_csv_rows
from alliances.models import Organization
from matchmaking import engine
from matchmaking.services import policies, runs

COLUMNS = {"us_org": Country.US, "cn_org": Country.CN}


class Command(BaseCommand):
    help = (
        "Rank known partners (columns us_org,cn_org) among all listed candidates and print recall and rank."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="PAIRS.csv", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        try:
            pairs = self._pairs(options["file"])
            snapshot = engine.without_outcomes(runs.prepare(policies.active_policy()).snapshot)
            american, chinese, _counts = engine.rank_all(snapshot)
            tops = engine.TopTens(snapshot)
            tops.add("US", american)
            tops.add("CN", chinese)
            found = engine.evaluate(snapshot, tops.times(), pairs)
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except ImportRefused as error:
            raise CommandError("\n".join(problem.sentence for problem in error.problems)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        except KeyError as error:
            raise CommandError(f"Organization {error} takes no part in matching.") from error
        self.stdout.write(f"recall@5: {found.recall_at_5:.4f}")
        self.stdout.write(f"recall@10: {found.recall_at_10:.4f}")
        self.stdout.write(f"mrr: {found.mrr:.4f}")
        self.stdout.write(f"popularity_mrr: {found.popularity_mrr:.4f}")
        self.stdout.write(f"pairs: {found.pairs}")

    def _pairs(self, path: Path) -> list[tuple[int, int]]:
        """The file's pairs as ids; every unknown column and code is named."""
        table = read_csv_rows(path.read_bytes())
        if sorted(table.header) != sorted(COLUMNS):
            raise CommandError(f"The columns must be us_org and cn_org; they are {', '.join(table.header)}.")
        if not table.rows:
            raise CommandError(f"{path} holds no pairs.")
        known = {
            (country, code): pk
            for pk, country, code in Organization.objects.values_list("pk", "country", "code")
        }
        rows = [(row.line, dict(zip(table.header, row.cells, strict=True))) for row in table.rows]
        unknown = [
            f"Line {line}, {column}: there is no {country} organization {cells[column]!r}."
            for line, cells in rows
            for column, country in COLUMNS.items()
            if (country, cells[column].strip()) not in known
        ]
        if unknown:
            raise CommandError("\n".join(unknown))
        return [
            (known[Country.US, cells["us_org"].strip()], known[Country.CN, cells["cn_org"].strip()])
            for _line, cells in rows
        ]
