"""Why a recommendation was made, computed again from the snapshot of its run."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from matchmaking.models import Recommendation
from matchmaking.services.why import why_them
from matchmaking.wording.why import Section, sections, title_of, verdict_line

# More digits are no number of a row.
NUMBER_DIGITS = 18
DIFFERS = 2


class Command(BaseCommand):
    help = (
        "Print why a recommendation was made: what was told, how its scores add up, the seeker's list, "
        "policy, screening lists and rules of then, and who decided what when. The numbers are computed "
        "again from the snapshot of its run. Where they differ from those stored, or cannot be computed, "
        "the command says so and ends with 2."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", metavar="ID", help="the recommendation's number, or its public id (a UUID)")
        parser.add_argument("--format", choices=["text", "json"], default="text")

    def handle(self, *_args: Any, **options: Any) -> None:
        content = why_them(self._recommendation(options["id"]), by=None)
        if options["format"] == "json":
            self.stdout.write(json.dumps(content, allow_nan=False, ensure_ascii=False, indent=1))
        else:
            self.stdout.write("\n\n".join([title_of(content), *map(_text, sections(content))]))
        if not content["replay"]["identical"]:
            raise CommandError(verdict_line(content), returncode=DIFFERS)

    def _recommendation(self, given: str) -> Recommendation:
        rows = Recommendation.objects.select_related("run__policy", "seeker", "candidate")
        if given.isascii() and given.isdecimal() and len(given) <= NUMBER_DIGITS:
            found = rows.filter(pk=int(given)).first()
        else:
            try:
                found = rows.filter(public_id=UUID(given)).first()
            except ValueError as error:
                raise CommandError(
                    f"{given!r} is no id of a recommendation. Give its number or its public id (a UUID)."
                ) from error
        if found is None:
            raise CommandError(f"There is no recommendation {given}.")
        return found


def _text(section: Section) -> str:
    rows = [section.headers, *section.rows] if section.headers else section.rows
    lines = (" | ".join(row) for row in rows)
    return "\n".join([section.title, "-" * len(section.title), *section.lines, *lines])
