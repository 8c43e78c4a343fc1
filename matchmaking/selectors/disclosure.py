"""Who is named to whom. An organization that is anonymous at first is named by its own consent, pair by pair.

Anonymous card, then name, then contact: the name comes with the organization's general consent, with showing
it to this one side, or with its answer of interested; contacts come with an introduction. Taken back, each
counts at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When

from alliances.anonymity import veiled
from matchmaking.enums import Answer
from matchmaking.models import Disclosure, Recommendation, Response

SIZES = ("reach", "scale")
# Reasons whose facts hold an exact size, by the side that reads them.
TELLS_SIZE = {"seeker": ("reach", "scale"), "candidate": ("scale",)}


def is_named(pair: str, organization: str) -> Q:
    """Of rows with these paths: the organization is named to the other side of the pair."""
    side = {"pair": OuterRef(pair), "organization": OuterRef(organization)}
    return (
        Q(**{f"{organization}__shows_name": True})
        | Q(Exists(Response.objects.filter(**side, answer=Answer.INTERESTED)))
        | Q(Exists(Disclosure.objects.filter(**side)))
    )


def is_candidate_named(recommendation: UUID) -> bool:
    """Whether the candidate of the recommendation of this public id is named to its seeker."""
    return Recommendation.objects.filter(is_named("pair", "candidate"), public_id=recommendation).exists()


def code_where_named(pair: str, organization: str, own: str) -> Case:
    """The organization's code where it is the reader's `own` or named to it; else nothing."""
    code = F(f"{organization}__code")
    return Case(
        When(is_named(pair, organization), then=code),
        When(**{organization: F(own)}, then=code),
        default=Value(""),
        output_field=CharField(),
    )


def disclose(recommendations: Sequence[Recommendation]) -> None:
    """Put a description in the place of each candidate that is not named to its seeker.

    For whatever a participant reads, once `candidate` and what goes with it is loaded. One query where any
    of them is anonymous at first, else none.
    """
    anonymous = [one for one in recommendations if not one.candidate.shows_name]
    if not anonymous:
        return
    ids = [one.pk for one in anonymous]
    named = set(
        Recommendation.objects.filter(is_named("pair", "candidate"), pk__in=ids).values_list("pk", flat=True)
    )
    candidate = Recommendation._meta.get_field("candidate")
    for one in anonymous:
        if one.pk not in named and not one.candidate.is_veiled:
            # Not by assignment: the recommendation is still about the same organization.
            candidate.set_cached_value(one, veiled(one.candidate))
            one.breakdown = _without_sizes(one.breakdown)


def is_named_to_other_side(recommendation: Recommendation) -> bool:
    """Whether the candidate of this recommendation reads its seeker's name."""
    return Recommendation.objects.filter(is_named("pair", "seeker"), pk=recommendation.pk).exists()


def hidden() -> QuerySet[Recommendation]:
    """The recommendations whose candidate is not named to the seeker (any more)."""
    return Recommendation.objects.filter(~is_named("pair", "candidate"), candidate__shows_name=False)


def _without_sizes(breakdown: dict[str, Any]) -> dict[str, Any]:
    """The breakdown without what tells an exact size: facts and values, and of the shares all
    but whole points. What rounding takes or gives, the base has, so that the sums are the same.
    """
    return {side: _side_without_sizes(half, TELLS_SIZE[side]) for side, half in breakdown.items()}


def _side_without_sizes(half: dict[str, Any], untold: tuple[str, ...]) -> dict[str, Any]:
    def rounded(entry: dict[str, Any]) -> dict[str, Any]:
        if entry["criterion"] not in SIZES or not entry["known"]:
            return entry
        return {**entry, "value": None, "share": floor(entry["share"] * 100) / 100}

    criteria = [rounded(entry) for entry in half["criteria"]]
    before, after = (sum(entry["share"] for entry in entries) for entries in (half["criteria"], criteria))
    reasons = [reason for reason in half["reasons"] if reason["criterion"] not in untold]
    return {**half, "base": half["base"] + before - after, "criteria": criteria, "reasons": reasons}
