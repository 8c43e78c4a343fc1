"""What the jurisdiction rules say of a pair on a day. They are few: loaded once, asked for each pair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from matchmaking.enums import RuleVerdict
from matchmaking.models import JurisdictionRule
from matchmaking.models.jurisdiction import ASKED


class Party(Protocol):
    """What a rule asks of an organization."""

    @property
    def country(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def subtype(self) -> str: ...
    @property
    def region(self) -> str: ...


@dataclass(frozen=True)
class Ruling:
    """A verdict with the rules that gave it; `notices` are those that allow and have something to say."""

    verdict: RuleVerdict
    rules: Sequence[JurisdictionRule]
    notices: Sequence[JurisdictionRule]

    @property
    def limits(self) -> Sequence[JurisdictionRule]:
        """The rules that gave the verdict, where it is not simply allowed."""
        return () if self.verdict == RuleVerdict.ALLOWED else self.rules

    @property
    def before_answer(self) -> list[JurisdictionRule]:
        """What is to be read before an answer: a kind of tie is blocked, or none is simply allowed."""
        return [rule for rule in self.limits if _is_pressing(rule)]

    @property
    def on_the_way(self) -> list[JurisdictionRule]:
        """What is to be known before going on: how a kind of tie is made, and what else to check."""
        return [*(rule for rule in self.limits if not _is_pressing(rule)), *self.notices]


def _is_pressing(rule: JurisdictionRule) -> bool:
    return rule.verdict == RuleVerdict.BLOCKED or not rule.tie


def all_rules() -> list[JurisdictionRule]:
    """The rules of every day, by short name; one query."""
    return list(JurisdictionRule.objects.order_by("slug"))


def verdict_of(
    rules: Iterable[JurisdictionRule], one: Party, other: Party, tie: str | None, on: date
) -> Ruling:
    """What these rules say of a kind of tie between the two on this day; the strictest gives the verdict.

    Without a kind it is the pair's: blocked where a rule blocks every kind of tie, in need of another form
    where any kind is not simply allowed. Kinds of tie that an organization states are preferences, so they
    leave the others open.
    """
    said = [
        rule
        for rule in rules
        if is_in_force(rule, on) and is_meant(rule, one) and is_meant(rule, other)
        # A rule on every kind is one on this kind too.
        if tie is None or rule.tie in ("", tie)
    ]
    notices = [rule for rule in said if rule.verdict == RuleVerdict.ALLOWED]
    limits = [rule for rule in said if rule.verdict != RuleVerdict.ALLOWED]
    blocks = [rule for rule in limits if rule.verdict == RuleVerdict.BLOCKED]
    decisive = blocks if tie is not None else [rule for rule in blocks if not rule.tie]
    if decisive:
        return Ruling(RuleVerdict.BLOCKED, decisive, notices)
    if limits:
        return Ruling(RuleVerdict.ANOTHER_FORM, limits, notices)
    return Ruling(RuleVerdict.ALLOWED, notices, notices)


def is_in_force(rule: JurisdictionRule, on: date) -> bool:
    """Whether the rule holds on this day, its first and last one included."""
    return (rule.begins_on or on) <= on <= (rule.ends_on or on)


def is_meant(rule: JurisdictionRule, party: Party) -> bool:
    """Whether the rule is about organizations like this one, on the side of its country."""
    side = party.country.lower()
    return all(getattr(rule, f"{side}_{name}") in ("", getattr(party, name)) for name in ASKED)
