"""A table as it came out of a file, whatever the file's format, and the check of its header."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from alliances.importing.problems import ImportProblem, nearest


@dataclass(frozen=True)
class TableRow:
    """One row: the line of the file where it begins, and its cells in the header's order."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True)
class Table:
    """Header and rows. `list_separators` are the marks that part several items in a cell."""

    header: Sequence[str]
    rows: Sequence[TableRow]
    list_separators: str = "|"


def header_problems(
    header: Sequence[str], known: Sequence[str], required: Collection[str]
) -> list[ImportProblem]:
    """Every column that is missing, unnamed, doubled or not known, each by name."""
    problems = [
        _problem(_("Column '%(column)s' is missing."), column)
        for column in known
        if column in required and column not in header
    ]
    for place, column in enumerate(header, start=1):
        if not column:
            problems.append(_problem(_("Column %(place)s has no name."), place=place))
        elif column not in known:
            guess = nearest(column, tuple(known))
            text = (
                _("Column '%(column)s' is not known. Did you mean '%(guess)s'?")
                if guess
                else _("Column '%(column)s' is not known. Remove it.")
            )
            problems.append(_problem(text, column, guess=guess))
        if column and column in header[: place - 1]:
            problems.append(_problem(_("Column '%(column)s' stands there more than once."), column))
    return problems


def _problem(template: str | Promise, column: str = "", **params: object) -> ImportProblem:
    return ImportProblem(template, {"column": column, **params}, line=1, column=column, in_sentence=True)
