"""A recommendation as the pages lay it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

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
    def filled(self) -> int:
        """How far the steps are filled from the left, of a width of 96."""
        return STEP_WIDTH * STEPS[self.band]


@dataclass(frozen=True)
class Bar:
    """A criterion's points, and the percent of the bar that they fill and that they could fill."""

    label: str
    points: str
    have: int
    most: int


@dataclass(frozen=True)
class Card:
    """A recommendation with its words in the active language."""

    recommendation: Recommendation
    place: str
    score: Score
    for_you: Sequence[str]
    for_them: Sequence[str]
    against: Sequence[str]
    bars: Sequence[Bar]
    unknown: str
    they_are_interested: bool
    clock: TimeLeft | None
    is_saved: bool
    note_count: int
    may_write: bool
    sponsors: Sequence[str]

    @property
    def is_new(self) -> bool:
        return self.recommendation.state == RecommendationState.RELEASED

    @property
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

    @property
    def answer_by(self) -> datetime | None:
        return self.recommendation.answer_by


def card(
    one: Recommendation,
    topics: Mapping[str, str],
    *,
    they_are_interested: bool,
    interest: OpenInterest | None = None,
    shortlist: Shortlist | None = None,
    sponsors: Sequence[Sponsorship] = (),
) -> Card:
    """The card of a recommendation; `topics` are topic names in the active language.

    With the `interest` that is open in its pair, the card shows its clock.
    """
    shortlist = shortlist or Shortlist()
    side, other = one.breakdown["seeker"], one.breakdown["candidate"]
    for_you, for_them = told_sentences(side["reasons"], other["reasons"], topics)
    rows = criterion_rows(side)
    return Card(
        recommendation=one,
        place=place_line(one.candidate),
        score=score_of(one),
        for_you=[*for_you, *sponsor_sentences(sponsors, one.seeker_id)],
        for_them=for_them,
        against=against(side),
        bars=[
            Bar(row.label, row.points, have, have + room)
            for row, (have, room) in zip(rows, bar_widths(rows), strict=True)
        ],
        unknown=unknown_words(side),
        they_are_interested=they_are_interested,
        clock=clock_of(interest) if interest else None,
        is_saved=shortlist.has_saved(one),
        note_count=shortlist.note_count(one),
        may_write=shortlist.may_write(one),
        sponsors=sponsor_tags(sponsors),
    )


def score_of(one: Recommendation) -> Score:
    """The reciprocal score by the policy of its run."""
    return Score(shown_score(one.score), band_of(one.score, one.run.policy.rules["bands"]))
