"""What is wrong with a file, place by place, in sentences that also say what to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType

from django.utils.functional import Promise
from django.utils.translation import gettext as _

SHOWN_LENGTH = 60


class SheetRow(int):
    """The row of a sheet, where a file of text has its line. Sentences about it say "row"."""


@dataclass(frozen=True)
class ImportProblem:
    """One wrong place. `template` is a (lazily translated) sentence with `%(name)s` places for `params`.

    `line` is the line of the file (1 is the header) where the row begins, a SheetRow in a workbook; None
    where the whole file is meant.
    `in_sentence` says that the template names line and column itself. `code` is for programs.
    """

    template: str | Promise
    params: Mapping[str, object] = field(default_factory=lambda: MappingProxyType({}))
    line: int | None = None
    column: str = ""
    value: str = ""
    in_sentence: bool = False
    code: str = "invalid"

    @property
    def message(self) -> str:
        """The reason and the remedy, in the active language, without the place."""
        return str(self.template) % self.params if self.params else str(self.template)

    @property
    def place(self) -> str:
        """Line or row, and column, as far as one is meant."""
        if self.line is None:
            return ""
        in_sheet = isinstance(self.line, SheetRow)
        if self.column:
            place = (
                _("Row %(line)s, column '%(column)s'")
                if in_sheet
                else _("Line %(line)s, column '%(column)s'")
            )
        else:
            place = _("Row %(line)s") if in_sheet else _("Line %(line)s")
        return place % {"line": f"{self.line:,}", "column": self.column}

    @property
    def sentence(self) -> str:
        """The message with its place in front of it."""
        if self.line is None or self.in_sentence:
            return self.message
        return _("%(place)s: %(message)s") % {"place": self.place, "message": self.message}

    def __str__(self) -> str:
        return self.sentence


class ImportRefused(Exception):  # noqa: N818  the file is at fault, not we
    """The file was not taken. Nothing of it was saved; `problems` says why, in the order of the file."""

    def __init__(self, problems: Sequence[ImportProblem]) -> None:
        self.problems = sorted(problems, key=lambda problem: problem.line or 0)
        super().__init__()

    def __str__(self) -> str:
        return "\n".join([*(problem.sentence for problem in self.problems), _("Nothing was imported.")])


def refuse(template: str | Promise, **params: object) -> ImportRefused:
    """A refusal of the file as a whole, for one reason."""
    return ImportRefused([ImportProblem(template, params)])


def shown(value: str) -> str:
    """A value as messages quote it: on one line, cut where it is long."""
    flat = " ".join(value.split())
    return flat if len(flat) <= SHOWN_LENGTH else flat[: SHOWN_LENGTH - 1] + "…"


@lru_cache(maxsize=4096)
def nearest(value: str, known: tuple[str, ...]) -> str:
    """The known word most like a mistyped one, or an empty string where none is near."""
    by_fold = {word.casefold(): word for word in known}
    found = get_close_matches(value.casefold(), by_fold, n=1, cutoff=0.6)
    return by_fold[found[0]] if found else ""
