"""How a score is made, in plain words, for anybody. Weights and bands are those of the policy in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_safe
from django_stubs_ext import StrOrPromise

from matchmaking.enums import Band
from matchmaking.portal.facts import PLURALS
from matchmaking.services.policies import rules_in_force
from matchmaking.wording.breakdown import GROUPS

# What each line of the sum asks, by the first of its criteria.
QUESTIONS = {
    "needs_met": _(
        "Do they offer what you need? An urgent need and a proven offer count more; an offer on another "
        "topic of the same area counts in part."
    ),
    "offers_wanted": _("Do they need what you offer? Then they have a reason to say yes."),
    "shared_challenges": _(
        "Do both of you work on the same topics? A topic that few state counts more than a common one."
    ),
    "reach": _("How many people or staff do they have? A shared solution reaches as many."),
    "scale": _("Have they shown it at your size, or at a larger one?"),
    "text": _(
        "How close is your description of yourselves to theirs, whichever language each of you wrote in?"
    ),
    "wanted_kinds": _(
        "Are they of a kind that you look for, and do both want the same forms of partnership?"
    ),
    "stage": _("Are stage, time frame and budget alike?"),
    "language": _("Do you share a working language?"),
    "trust": _("Do they answer recommendations, and is their profile up to date?"),
}
# What a weight is called, from this share of the largest on.
WORDS = (
    (0.5, pgettext_lazy("weight", "a great deal")),
    (0.2, pgettext_lazy("weight", "some")),
    (0.0, pgettext_lazy("weight", "a little")),
)
NOTHING = pgettext_lazy("weight", "nothing")


@dataclass(frozen=True)
class Weight:
    """How much a line of the sum counts for organizations of one kind; `share` is percent of the largest."""

    kind: StrOrPromise
    share: int
    word: StrOrPromise


@dataclass(frozen=True)
class Line:
    """A line of the sum: what it asks and how much it counts, by kind."""

    label: StrOrPromise
    question: StrOrPromise
    weights: Sequence[Weight]


@login_not_required
@require_safe
def how_it_works(request: HttpRequest) -> HttpResponse:
    """What counts, what excludes, who sees what and when."""
    _name, rules = rules_in_force()
    context = {
        "kinds": PLURALS.values(),
        "lines": lines(rules.weights),
        "bands": [(Band(band).label, f"{lowest:g}") for band, lowest in rules.bands.items()],
        "lowest_band": Band.SLIGHT.label,
    }
    return render(request, "portal/how_it_works.html", context)


def lines(weights: Mapping[str, Mapping[str, float]]) -> list[Line]:
    """The lines of the sum in their order, for weights by kind and criterion."""
    columns = [
        _weights(label, [sum(weights[kind][one] for one in criteria) for _label, criteria in GROUPS])
        for kind, label in PLURALS.items()
    ]
    return [
        Line(label, QUESTIONS[criteria[0]], row)
        for (label, criteria), row in zip(GROUPS, zip(*columns, strict=True), strict=True)
    ]


def _weights(kind: StrOrPromise, sums: Sequence[float]) -> list[Weight]:
    """The weights of one kind's lines, from their sums."""
    largest = max(sums) or 1.0
    shares = [part / largest for part in sums]
    return [Weight(kind, round(100 * share), _word(share)) for share in shares]


def _word(share: float) -> StrOrPromise:
    return next(word for lowest, word in WORDS if share >= lowest) if share else NOTHING
