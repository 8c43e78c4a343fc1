"""What a stated fact is worth: the pair scored again without it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from matchmaking.engine.explanation import Effect, Explanation, Party, Reason
from matchmaking.engine.names import KINDS, LANGUAGES, PARTNERSHIP_TYPES
from matchmaking.engine.scoring import score_pairs
from matchmaking.engine.sides import NO_SIZE, UNKNOWN, Side, challenge_norm
from matchmaking.engine.snapshot import Snapshot

# Whose profile, which field of it, and the one item of a field that holds several.
Fact = tuple[Party, str, str | None]

_OTHER: dict[Party, Party] = {"seeker": "candidate", "candidate": "seeker"}
_SETS = {
    "seeks": ("seeks", KINDS),
    "partnership_types": ("types", PARTNERSHIP_TYPES),
    "languages": ("languages", LANGUAGES),
}


def with_effects(snapshot: Snapshot, explanation: Explanation) -> Explanation:
    """The explanation with the effect of every fact its reasons name, the largest first.

    Policy, idf and as-of date stay those of the snapshot: only the one profile changes.
    """
    parties: tuple[Party, Party] = ("seeker", "candidate")
    named = [
        fact
        for party in parties
        for reason in getattr(explanation, party).reasons
        for fact in _facts_named(party, reason)
    ]
    facts = list(dict.fromkeys(named))
    if not facts:
        return explanation
    sides: dict[Party, Side] = {}
    for party, number in zip(parties, (explanation.seeker_id, explanation.candidate_id), strict=True):
        country, row = snapshot.locate(number)
        copies = (snapshot.us if country == "US" else snapshot.cn).take(np.full(len(facts), row))
        for place, (whose, field, value) in enumerate(facts):
            if whose == party:
                _remove(copies, place, field, value)
        sides[party] = copies
    us: Party = "seeker" if snapshot.locate(explanation.seeker_id)[0] == "US" else "candidate"
    every = np.arange(len(facts))
    scores = score_pairs(sides[us], sides[_OTHER[us]], every, every).score.tolist()
    effects = [Effect(*fact, explanation.score - score) for fact, score in zip(facts, scores, strict=True)]
    effects.sort(key=lambda effect: (-effect.effect, effect.party, effect.field, effect.value or ""))
    return replace(explanation, effects=tuple(effects))


def _facts_named(reader: Party, reason: Reason) -> Iterator[Fact]:
    """The profile facts a reason of one party rests on, those of both parties."""
    other = _OTHER[reader]
    facts = reason.facts
    if reason.criterion in ("needs_met", "offers_wanted"):
        needing, offering = (reader, other) if reason.criterion == "needs_met" else (other, reader)
        for topic in facts["topics"]:
            yield needing, "needs", topic["topic"]
            yield offering, "offers", topic["offer"]
    elif reason.criterion == "shared_challenges":
        for topic in facts["topics"]:
            yield from _levels_named(reader, topic["topic"], topic["reader"])
            yield from _levels_named(other, topic["topic"], topic["other"])
    elif reason.criterion == "wanted_kinds":
        yield reader, "seeks", facts["kind"]
    elif reason.criterion in ("partnership_types", "language"):
        field = "languages" if reason.criterion == "language" else "partnership_types"
        for word in facts["shared"]:
            yield reader, field, word
            yield other, field, word
    elif reason.criterion in ("reach", "trust"):
        yield other, "size" if reason.criterion == "reach" else "trust", None
    else:
        field = {"scale": "size", "text": "statement"}.get(reason.criterion, reason.criterion)
        yield reader, field, None
        yield other, field, None


def _levels_named(party: Party, topic: str, levels: dict[str, Any]) -> Iterator[Fact]:
    if levels["priority"]:
        yield party, "needs", topic
    if levels["maturity"]:
        yield party, "offers", topic


def _remove(side: Side, row: int, field: str, value: str | None) -> None:
    """Take one fact out of a fresh copy of an organization, before anything is derived from it."""
    if field in ("needs", "offers"):
        getattr(side, field)[row, side.scale.topics.index(value or "")] = 0
        side.norm[row] = challenge_norm(side.needs[row], side.offers[row], side.scale.idf)
    elif field in _SETS:
        name, vocabulary = _SETS[field]
        masks = getattr(side, name)
        masks[row] = int(masks[row]) & ~(1 << vocabulary.index(value or ""))
    elif field == "size":
        side.measure[row], side.size[row], side.band[row] = NO_SIZE, 0, UNKNOWN
        side.cube_root[row], side.reach[row] = 1.0, 0.0
    elif field == "statement":
        side.has_text[row] = False
        side.text[row] = 0
    elif field == "trust":
        side.trust[row] = np.nan
    else:
        getattr(side, field)[row] = UNKNOWN
