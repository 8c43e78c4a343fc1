"""Who is named to whom. An organization that is anonymous at first is named by its own consent, pair by pair.

Anonymous card, then name, then contact: the name comes with the organization's general consent, with showing
it to this one side, or with its answer of interested; contacts come with an introduction. Taken back, each
counts at once.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.db.models import Case, CharField, Exists, F, OuterRef, Q, QuerySet, Value, When

from alliances.anonymity import veiled
from matchmaking.enums import Answer
from matchmaking.models import Disclosure, Recommendation, Response

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


def tells_hidden_name(text: str, recommendations: QuerySet[Recommendation]) -> bool:
    """Whether a text that told these recommendations names a candidate that is not named (any more)."""
    hidden = recommendations.filter(~is_named("pair", "candidate"), candidate__shows_name=False)
    names = hidden.values_list("candidate__name_en", "candidate__name_zh")
    return any(name in text for both in names for name in both if name)


def _without_sizes(breakdown: dict[str, dict[str, object]]) -> dict[str, dict[str, object]]:
    return {
        side: {
            **half,
            "reasons": [
                reason
                for reason in half["reasons"]  # type: ignore[attr-defined]
                if reason["criterion"] not in TELLS_SIZE[side]
            ],
        }
        for side, half in breakdown.items()
    }
