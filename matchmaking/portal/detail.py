"""One recommendation in full: reasons with their points, the sum of both sides, scale, place and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliances.models import Organization
from matchmaking.models import Recommendation
from matchmaking.pictures.magnification import Magnification, magnification
from matchmaking.pictures.waterfall import Waterfall, waterfall
from matchmaking.wording import all_rows, criterion_label, criterion_tenths, shown_score, told
from matchmaking.wording.breakdown import affinity_tenths, tenths_words
from matchmaking.wording.clocks import Clock, clock, hours_apart
from matchmaking.wording.numbers import times

FUSIONS = {
    "harmonic": gettext_lazy(
        "The score is the harmonic mean of the two sums: it falls when one side gains little."
    ),
    "geometric": gettext_lazy(
        "The score is the geometric mean of the two sums: it falls when one side gains little."
    ),
    "min": gettext_lazy("The score is the smaller of the two sums: a pair is worth what it brings to both."),
}
FORMULAS = {
    "harmonic": "2 × {you} × {them} ÷ ({you} + {them})",
    "geometric": "√({you} × {them})",
    "min": "min({you}, {them})",
}


@dataclass(frozen=True)
class WeighedReason:
    """A reason, the criterion it belongs to and that criterion's points as printed."""

    sentence: str
    criterion: str
    points: str


@dataclass(frozen=True)
class Sums:
    """Both sides' points, as a picture and in figures, and how they become one score."""

    picture: Waterfall
    you: str
    them: str
    fusion: str
    formula: str
    score: int


@dataclass(frozen=True)
class Scale:
    """Two populations beside each other; no picture where the two are not counted alike."""

    picture: Magnification | None
    sentence: str
    your_people: str = ""
    their_people: str = ""


@dataclass(frozen=True)
class Clocks:
    """Both local times, as far as they are known, and how far apart they are."""

    you: Clock | None
    them: Clock | None
    apart: str


def reasons_of(
    one: Recommendation, topics: Mapping[str, str]
) -> tuple[list[WeighedReason], list[WeighedReason]]:
    """Every reason for you and for them, strongest first."""
    you, them = one.breakdown["seeker"], one.breakdown["candidate"]
    for_you, for_them = told(you["reasons"], them["reasons"], topics)
    sides: list[list[WeighedReason]] = []
    for side, reasons in ((you, for_you), (them, for_them)):
        tenths = criterion_tenths(side)
        sides.append(
            [
                WeighedReason(
                    reason.sentence, criterion_label(reason.criterion), tenths_words(tenths[reason.criterion])
                )
                for reason in reasons
            ]
        )
    return sides[0], sides[1]


def sums_of(one: Recommendation) -> Sums:
    """How the score adds up on both sides, by the policy of its run."""
    sides: tuple[Mapping[str, Any], Mapping[str, Any]] = (
        one.breakdown["seeker"],
        one.breakdown["candidate"],
    )
    you, them = (tenths_words(affinity_tenths(side)) for side in sides)
    fusion = one.rules["fusion"]
    return Sums(
        picture=waterfall(all_rows(sides[0]), all_rows(sides[1])),
        you=you,
        them=them,
        fusion=str(FUSIONS[fusion]),
        formula=FORMULAS[fusion].format(you=you, them=them),
        score=shown_score(one.score),
    )


def scale_of(you: Organization, them: Organization) -> Scale:
    """The two sizes compared, where both state people."""
    if them.is_veiled:
        return Scale(None, _("The exact size is shown together with the name."))
    if not (you.population and them.population):
        return Scale(
            None, _("The two do not both state a population, so their sizes cannot be drawn side by side.")
        )
    larger, smaller = (them, you) if them.population >= you.population else (you, them)
    ratio = (larger.population or 0) / (smaller.population or 1)
    sentence = _("%(larger)s has %(ratio)s times the people of %(smaller)s.") % {
        "larger": larger.name,
        "smaller": smaller.name,
        "ratio": times(ratio),
    }
    return Scale(
        magnification(you.population, them.population),
        sentence,
        f"{you.population:,}",
        f"{them.population:,}",
    )


def clocks_of(you: Organization, them: Organization, now: datetime) -> Clocks:
    """What time it is for both at this moment."""
    yours, theirs = clock(you, now), clock(them, now)
    return Clocks(yours, theirs, hours_apart(yours, theirs) if yours and theirs else "")
