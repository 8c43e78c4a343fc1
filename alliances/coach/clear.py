"""Clear: who is meant (a number, a group) and where, each concrete, vague or not said."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alliances.coach.people import find_who
from alliances.coach.places import find_where
from alliances.coach.rating import Mark
from alliances.coach.text import Text


@dataclass(frozen=True)
class Clarity:
    """0 not said, 1 vague, 2 concrete."""

    who: int
    where: int

    @property
    def points(self) -> int:
        return {0: 0, 1: 1, 2: 2, 3: 2, 4: 3}[self.who + self.where]


def find_clarity(text: Text) -> Clarity:
    """`text` comes without dates and budget money."""
    return Clarity(find_who(text), find_where(text))


def clear_mark(clarity: Clarity) -> Mark:
    word = pgettext_lazy("criterion of a statement", "Clear")
    if clarity.points == 3:
        return Mark(3, word, _("who and where are named"))
    if clarity.where == 2:
        sentence = (
            _("the place is named, but not how many people or which group")
            if clarity.who
            else _("the place is named, but not who is meant")
        )
        return Mark(2, word, sentence, _("the number or group of people"), _("for about 4,000 households"))
    if clarity.who == 2:
        sentence = (
            _("who is named, the place only vaguely") if clarity.where else _("who is named, but no place")
        )
        return Mark(2, word, sentence, _("the place"), _("along Mill Creek"))
    lack, example = _("who is meant and where"), _("about 4,000 households along Mill Creek")
    if clarity.points == 2:
        return Mark(2, word, _("who and where are only vague"), lack, example)
    if clarity.points == 1:
        sentence = (
            _("who is only vague, and no place")
            if clarity.who
            else _("the place is only vague, and nobody is named")
        )
        return Mark(1, word, sentence, lack, example)
    return Mark(0, word, _("neither who nor where"), lack, example)
