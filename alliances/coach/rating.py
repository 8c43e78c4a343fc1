"""What the coach says of a statement. All words are translated when they are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

FULL_MARK = 3
ENOUGH = 2
FULL_RATING = 12

_LISTS: dict[int, StrOrPromise] = {
    1: "{0}",
    2: pgettext_lazy("what a statement lacks", "{0} and {1}"),
    3: pgettext_lazy("what a statement lacks", "{0}, {1} and {2}"),
    4: pgettext_lazy("what a statement lacks", "{0}, {1}, {2} and {3}"),
}
_EXAMPLES: dict[int, StrOrPromise] = {
    1: "{0}",
    2: pgettext_lazy("parts of an example statement", "{0}, {1}"),
    3: pgettext_lazy("parts of an example statement", "{0}, {1}, {2}"),
    4: pgettext_lazy("parts of an example statement", "{0}, {1}, {2}, {3}"),
}


@dataclass(frozen=True)
class Mark:
    """One criterion: 0 to 3 points, its name, and what was found or is missing, as it stands after a colon.

    `lack` names what would raise the mark, and `example` shows how to write it; both empty at 3.
    """

    points: int
    word: StrOrPromise
    sentence: StrOrPromise
    lack: StrOrPromise = ""
    example: StrOrPromise = ""


@dataclass(frozen=True)
class Rating:
    clear: Mark
    measured: Mark
    funded: Mark
    dated: Mark

    @property
    def marks(self) -> tuple[Mark, Mark, Mark, Mark]:
        return (self.clear, self.measured, self.funded, self.dated)

    @property
    def total(self) -> int:
        """Of 12."""
        return sum(mark.points for mark in self.marks)

    @property
    def missing(self) -> tuple[Mark, ...]:
        """The criteria under 2, worst first."""
        return tuple(sorted((mark for mark in self.marks if mark.points < ENOUGH), key=_points))

    @property
    def verdict(self) -> StrOrPromise:
        """Ready is when nothing is missing."""
        if self.total == 0:
            return pgettext_lazy("statement", "not stated yet")
        if not self.missing:
            return pgettext_lazy("statement", "ready")
        if self.total <= FULL_RATING // 3:
            return pgettext_lazy("statement", "a start")
        return pgettext_lazy("statement", "on the way")

    @property
    def advice(self) -> StrOrPromise:
        """What is missing and how to write it; with nothing missing, what would make it exact."""
        if self.missing:
            return self._advice(_("Missing: {lacks}. Try “{example}”."), self.missing)
        inexact = [mark for mark in self.marks if mark.points < FULL_MARK]
        if inexact:
            return self._advice(_("More exact with {lacks}. Try “{example}”."), inexact)
        return _("Nothing is missing.")

    def _advice(self, sentence: StrOrPromise, marks: Sequence[Mark]) -> StrOrPromise:
        # An example reads as a statement does: who and where, how much, by when, with what money.
        order = (self.clear, self.measured, self.dated, self.funded)
        examples = [mark.example for mark in order if mark in marks]
        return format_lazy(
            sentence,
            lacks=format_lazy(_LISTS[len(marks)], *(mark.lack for mark in marks)),
            example=format_lazy(_EXAMPLES[len(examples)], *examples),
        )


def _points(mark: Mark) -> int:
    return mark.points
