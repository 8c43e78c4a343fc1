"""Rules for tests."""

from __future__ import annotations

from typing import Any

from matchmaking.enums import RuleVerdict
from matchmaking.models import JurisdictionRule


def make_rule(
    slug: str = "rule", verdict: RuleVerdict = RuleVerdict.BLOCKED, **fields: Any
) -> JurisdictionRule:
    """A rule on every pair and every kind of tie, unless fields narrow it."""
    if verdict == RuleVerdict.ANOTHER_FORM:
        fields = {"other_form_en": "A project memo.", "other_form_zh": "项目备忘录。", **fields}
    texts = {"explanation_en": "The law says so.", "explanation_zh": "法律如此规定。", "citation": "Law 1"}
    return JurisdictionRule.objects.create(slug=slug, verdict=verdict, **{**texts, **fields})
