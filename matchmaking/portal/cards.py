"""A recommendation as the pages lay it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from matchmaking.enums import Band, RecommendationState
from matchmaking.models import Recommendation, Sponsorship
from matchmaking.portal.interests import clock_of
from matchmaking.selectors.interests import OpenInterest
from matchmaking.selectors.shortlist import Shortlist
from matchmaking.wording import (
    against,
    band_of,
    bar_widths,
    criterion_rows,
    place_line,
    sentence_start,
    shown_score,
    told_sentences,
    unknown_words,
)
from matchmaking.wording.clocks import TimeLeft
from matchmaking.wording.sponsoring import sponsor_sentences, sponsor_tags

# From the strongest down: how many of the four steps are filled.
STEPS = {Band.VERY_STRONG: 4, Band.STRONG: 3, Band.FAIR: 2, Band.SLIGHT: 1}
# Of a step with the gap behind it.
STEP_WIDTH = 25


@dataclass(frozen=True)
class Score:
    """Number, word and steps, which say the same."""

    number: int
    band: Band

    @property
    def words(self) -> str:
        return sentence_start(_("%(band)s match") % {"band": self.band.label})

    @property
    def filled(self) -> int:
        """How far the steps are filled from the left, of a width of 96."""
        return STEP_WIDTH * STEPS[self.band]


class Bar(NamedTuple):
    """A criterion's points, and the percent of the bar that they fill and that they could fill."""

    label: str
    points: str
    have: int
    most: int


@dataclass(frozen=True)
class Card:
    """A recommendation with its words in the active language, each made where a page first shows it.

    `topics` are topic names in the active language. With the `interest` that is open in its pair, the card
    shows its clock.
    """

    recommendation: Recommendation
    topics: Mapping[str, str]
    they_are_interested: bool
    interest: OpenInterest | None = None
    shortlist: Shortlist = field(default_factory=Shortlist)
    sponsors_told: Sequence[Sponsorship] = ()

    @cached_property
    def place(self) -> str:
        return place_line(self.recommendation.candidate)

    @cached_property
    def score(self) -> Score:
        return score_of(self.recommendation)

    @cached_property
    def _told(self) -> tuple[list[str], list[str]]:
        sides = self.recommendation.breakdown
        return told_sentences(sides["seeker"]["reasons"], sides["candidate"]["reasons"], self.topics)

    @cached_property
    def for_you(self) -> Sequence[str]:
        return [*self._told[0], *sponsor_sentences(self.sponsors_told, self.recommendation.seeker_id)]

    @property
    def for_them(self) -> Sequence[str]:
        return self._told[1]

    @cached_property
    def against(self) -> Sequence[str]:
        return against(self.recommendation.breakdown["seeker"])

    @cached_property
    def bars(self) -> Sequence[Bar]:
        rows = criterion_rows(self.recommendation.breakdown["seeker"])
        return [
            Bar(row.label, row.points, have, have + room)
            for row, (have, room) in zip(rows, bar_widths(rows), strict=True)
        ]

    @cached_property
    def unknown(self) -> str:
        return unknown_words(self.recommendation.breakdown["seeker"])

    @cached_property
    def clock(self) -> TimeLeft | None:
        return clock_of(self.interest) if self.interest else None

    @property
    def is_saved(self) -> bool:
        return self.shortlist.has_saved(self.recommendation)

    @property
    def note_count(self) -> int:
        return self.shortlist.note_count(self.recommendation)

    @property
    def may_write(self) -> bool:
        return self.shortlist.may_write(self.recommendation)

    @cached_property
    def sponsors(self) -> Sequence[str]:
        return sponsor_tags(self.sponsors_told)

    @property
    def is_new(self) -> bool:
        return self.recommendation.state == RecommendationState.RELEASED

    @cached_property
    def answer(self) -> str:
        """What this side has answered, as a phrase; empty where nothing."""
        match self.recommendation.state:
            case RecommendationState.INTERESTED:
                return _("You are interested")
            case RecommendationState.LATER:
                return _("You said: not now")
            case RecommendationState.DECLINED:
                return _("You said: no")
        return ""

    @cached_property
    def answer_by(self) -> str:
        """Until when an answer is waited for, as a phrase."""
        at = self.recommendation.answer_by
        return _("Answer by %(date)s") % {"date": date_format(localtime(at), "DATE_FORMAT")} if at else ""


def score_of(one: Recommendation) -> Score:
    """The reciprocal score by the policy of its run."""
    return Score(shown_score(one.score), band_of(one.score, one.rules["bands"]))
