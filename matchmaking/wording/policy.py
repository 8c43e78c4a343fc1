"""The fields of a scoring policy in words: label, what it does, what its choices mean, how to mend a value.

A *path* names one number or word of the rules: `tau`, `weights.city.needs_met`, `reach_people.0`.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from matchmaking.wording.breakdown import criterion_label
from matchmaking.wording.numbers import sentence_start

# As a heading of a table's columns, and within a sentence.
KINDS: Mapping[str, StrOrPromise] = {"city": _("Cities"), "firm": _("Firms"), "alliance": _("Alliances")}
OF_KIND: Mapping[str, StrOrPromise] = {
    "city": _("cities"),
    "firm": _("firms"),
    "alliance": _("alliances"),
}

BASE_STAFF = _("The staff that an organization of this size band counts with.")
BAND_FROM = _("Scores of 100 from which a pair is called this.")

# Label and one sentence, by path.
RULES: Mapping[str, tuple[StrOrPromise, StrOrPromise]] = {
    "fusion": (
        _("Fusion"),
        _("How the two sides become one score: a mean favours pairs that suit both."),
    ),
    "tau": (
        _("Half-way point (tau)"),
        _("The sum of matching topics at which needs met and offers wanted count half of what they can."),
    ),
    "sibling": (
        _("Sibling topic"),
        _("What an offer counts for another topic of its challenge area; for its own it counts 1."),
    ),
    "w0": (
        _("Weight of the base"),
        _("The weight of what every pair starts with; a higher one draws all scores together."),
    ),
    "c0": (_("Value of the base"), _("What every pair starts with, before anything is known of it.")),
    "text_floor": (
        _("Self-descriptions alone"),
        _("How alike two self-descriptions must be to tie a pair that has no topic in common."),
    ),
    "reach_people.0": (
        _("Population, lower bound"),
        _("As a power of ten, 4 for 10,000: up to there, reach counts 0."),
    ),
    "reach_people.1": (
        _("Population, upper bound"),
        _("As a power of ten, 7.5 for 32 million: from there on, reach counts 1."),
    ),
    "reach_staff.0": (
        _("Staff, lower bound"),
        _("As a power of ten, 1.5 for 32: up to there, reach counts 0."),
    ),
    "reach_staff.1": (
        _("Staff, upper bound"),
        _("As a power of ten, 5 for 100,000: from there on, reach counts 1."),
    ),
    "band_staff.small": (_("Staff of a small organization"), BASE_STAFF),
    "band_staff.medium": (_("Staff of a medium organization"), BASE_STAFF),
    "band_staff.large": (_("Staff of a large organization"), BASE_STAFF),
    "band_staff.very-large": (_("Staff of a very large organization"), BASE_STAFF),
    "top_k": (_("Length of a list (top K)"), _("How many candidates of each kind a list holds.")),
    "proposed_per_kind": (
        _("Recommendations a kind"),
        _("How many candidates of each kind a run recommends to an organization."),
    ),
    "load_factor": (
        _("Load factor"),
        _(
            "To how many organizations a candidate is recommended at most: the introductions that it still "
            "takes this quarter, times this."
        ),
    ),
    "digest_size": (_("Recommendations a digest"), _("How many recommendations one email holds at most.")),
    "standing_decline_months": (
        _("Months that a No stands"),
        _("For so long a pair that one side declined is left out of the lists."),
    ),
    "release": (_("Release"), _("Whether a run lets its recommendations out, or staff do.")),
    "bands.very_strong": (_("“Very strong” from"), BAND_FROM),
    "bands.strong": (_("“Strong” from"), BAND_FROM),
    "bands.fair": (_("“Fair” from"), BAND_FROM),
    "reason_floor": (
        _("Smallest reason"),
        _("The share of a side’s score that a criterion must bring to be named as a reason."),
    ),
}
# Paths by what they are about, in the order of a page; weights have a table of their own.
GROUPS: tuple[tuple[StrOrPromise, tuple[str, ...]], ...] = (
    (_("How a score is made"), ("fusion", "tau", "sibling", "w0", "c0", "text_floor")),
    (
        _("How size counts"),
        (
            *("reach_people.0", "reach_people.1", "reach_staff.0", "reach_staff.1"),
            *("band_staff.small", "band_staff.medium", "band_staff.large", "band_staff.very-large"),
        ),
    ),
    (
        _("What becomes of the lists"),
        (
            *("top_k", "proposed_per_kind", "load_factor", "release"),
            *("digest_size", "standing_decline_months"),
        ),
    ),
    (
        _("How a score is put in words"),
        ("bands.very_strong", "bands.strong", "bands.fair", "reason_floor"),
    ),
)
CHOICES: Mapping[str, Mapping[str, StrOrPromise]] = {
    "fusion": {
        "harmonic": _("Harmonic mean"),
        "geometric": _("Geometric mean"),
        "min": _("The weaker side alone"),
    },
    "release": {
        "automatic": _("Automatic: what a run recommends goes out"),
        "manual": _("Manual: staff release it"),
    },
}
# The engine's remedies, by their templates.
REMEDIES: Mapping[str, StrOrPromise] = {
    "give a number from %(low)s to %(high)s": _("give a number from %(low)s to %(high)s"),
    "give a number above %(low)s, at most %(high)s": _("give a number above %(low)s, at most %(high)s"),
    "give a whole number from %(low)s to %(high)s": _("give a whole number from %(low)s to %(high)s"),
    "give one of %(allowed)s": _("give one of %(allowed)s"),
    "give a value for each of %(expected)s": _("give a value for each of %(expected)s"),
    "remove this unknown field": _("remove this unknown field"),
    "give this missing field": _("give this missing field"),
    "give two numbers, the lower first": _("give two numbers, the lower first"),
    "give falling thresholds: very_strong above strong above fair": _(
        "give falling thresholds: “very strong” above “strong” above “fair”"
    ),
}


def rule_label(path: str) -> str:
    """The name of one number or word of the rules."""
    if path.startswith("weights."):
        _weights, kind, criterion = path.split(".")
        return gettext("Weight of %(criterion)s, %(kind)s") % {
            "criterion": criterion_label(criterion),
            "kind": OF_KIND[kind],
        }
    return str(RULES[path][0])


def rule_value(path: str, value: object) -> str:
    """The value as a person reads it: choices by their name, whole numbers without a point."""
    if path in CHOICES:
        return str(CHOICES[path].get(str(value), value))
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def remedy(template: str, params: Mapping[str, str]) -> str:
    """How to put a value right, within a sentence."""
    return str(REMEDIES[template]) % params


def remedy_sentence(template: str, params: Mapping[str, str]) -> str:
    """The same as a sentence of its own."""
    return gettext("%(sentence)s.") % {"sentence": sentence_start(remedy(template, params))}
