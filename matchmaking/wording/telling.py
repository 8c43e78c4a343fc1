"""Which of a pair's reasons are told on which side, each fact once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from matchmaking.wording.reasons import SENTENCES, Facts, Reason, TopicNames, is_telling, told_sentence


class Told(NamedTuple):
    """A sentence, and the criterion whose points stand behind it."""

    sentence: str
    criterion: str


# The same fact stands on both sides under these names.
MIRROR = {
    "needs_met": "offers_wanted",
    "offers_wanted": "needs_met",
    "shared_challenges": "shared_challenges",
    "text": "text",
    "partnership_types": "partnership_types",
    "stage": "stage",
    "horizon": "horizon",
    "budget": "budget",
    "language": "language",
}


def told_reasons(own: Sequence[Reason], theirs: Sequence[Reason]) -> tuple[list[Reason], list[Reason]]:
    """Which reasons to tell on the reader's side and on the other, strongest first, each fact once.

    "They need what you offer" is a reason of both sides. It is told where it weighs more, for equal
    weights on the reader's side.
    """
    weight_of_theirs = {reason["criterion"]: reason["share"] for reason in theirs}
    weight_of_own = {reason["criterion"]: reason["share"] for reason in own}

    def stays(reason: Reason) -> bool:
        return bool(weight_of_theirs.get(MIRROR.get(reason["criterion"], ""), 0.0) <= reason["share"])

    def is_new(reason: Reason) -> bool:
        return bool(weight_of_own.get(MIRROR.get(reason["criterion"], ""), 0.0) < reason["share"])

    return [reason for reason in own if stays(reason)], [reason for reason in theirs if is_new(reason)]


def told(
    own: Sequence[Reason], theirs: Sequence[Reason], topics: TopicNames
) -> tuple[list[Told], list[Told]]:
    """All that is told *for you* and *for them* of a pair, strongest first, from both sides' reasons."""
    for_you, for_them = _told(own, theirs, topics)
    return list(for_you), list(for_them)


def _told(
    own: Sequence[Reason], theirs: Sequence[Reason], topics: TopicNames
) -> tuple[Iterator[Told], Iterator[Told]]:
    own, scale = _scale_folded(own)
    for_you, for_them = told_reasons(own, _scale_folded(theirs)[0])
    yours = (
        Told(told_sentence(one, for_them=False, topics=topics, scale=scale), one["criterion"])
        for one in for_you
    )
    others = (Told(told_sentence(one, for_them=True, topics=topics), one["criterion"]) for one in for_them)
    return (one for one in yours if one.sentence), (one for one in others if one.sentence)


def told_sentences(
    own: Sequence[Reason],
    theirs: Sequence[Reason],
    topics: TopicNames,
    *,
    limits: tuple[int, int] = (3, 2),
) -> tuple[list[str], list[str]]:
    """The first sentences of `told`, up to the limits of the two sides."""
    for_you, for_them = _told(own, theirs, topics)
    return (
        [one.sentence for one in islice(for_you, limits[0])],
        [one.sentence for one in islice(for_them, limits[1])],
    )


def _scale_folded(reasons: Sequence[Reason]) -> tuple[Sequence[Reason], Facts | None]:
    """The reasons without a size told twice, and the scale to tell along with the needs met.

    A telling scale goes with needs met where these are answered directly; else its sentence, which names the
    size, stands for that of reach.
    """
    by_criterion = {reason["criterion"]: reason for reason in reasons}
    scale = by_criterion.get("scale")
    if scale is None:
        return reasons, None
    if not SENTENCES["scale"](scale["facts"], False):
        return [reason for reason in reasons if reason["criterion"] != "scale"], None
    needs = by_criterion.get("needs_met")
    if is_telling(scale["facts"]) and needs and any(entry["direct"] for entry in needs["facts"]["topics"]):
        return [reason for reason in reasons if reason["criterion"] != "scale"], scale["facts"]
    return [reason for reason in reasons if reason["criterion"] != "reach"], None
