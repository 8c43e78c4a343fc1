"""How far organizations come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from alliances.enums import EventKind
from alliances.models import Organization, RegisterEvent
from matchmaking.enums import Answer, FunnelStep
from matchmaking.models import Introduction, Recommendation, Response
from matchmaking.models.recommendation import READABLE_STATES
from matchmaking.selectors.analytics.scope import Rate, Scope
from matchmaking.selectors.recommendations import was_interested, was_opened


def funnel(scope: Scope) -> dict[FunnelStep, Rate]:
    """How many of those registered in the period came to each step, of the step before; eight queries.

    Approved: at any time. Recommended: has been recommended somebody, or to somebody. Seen: opened or
    answered one. Interested: says so of one, or did until it ended. Introduced: to
    one, at any time. Who came to a step and not to the one before is not counted there: a step's number is
    never above the one before.
    """
    shown = Recommendation.objects.filter(
        scope.counted("seeker__", "candidate__"), state__in=READABLE_STATES
    ).order_by()
    of_pairs = scope.counted("pair__low__", "pair__high__")
    approved = RegisterEvent.objects.filter(kind=EventKind.APPROVED).order_by()
    came: Mapping[FunnelStep, Iterable[int | None]] = {
        FunnelStep.APPROVED: chain(
            Organization.objects.approved().values_list("pk", flat=True),
            approved.values_list("organization", flat=True).distinct(),
        ),
        FunnelStep.RECOMMENDED: chain.from_iterable(shown.values_list("seeker", "candidate").distinct()),
        FunnelStep.SEEN: shown.filter(was_opened()).values_list("seeker", flat=True).distinct(),
        FunnelStep.INTERESTED: chain(
            Response.objects.filter(of_pairs, answer=Answer.INTERESTED).values_list(
                "organization", flat=True
            ),
            shown.filter(was_interested()).values_list("seeker", flat=True).distinct(),
        ),
        FunnelStep.INTRODUCED: chain.from_iterable(
            Introduction.objects.filter(of_pairs).order_by().values_list("pair__low", "pair__high")
        ),
    }
    registered = Organization.objects.filter(scope.whose(), scope.within("created_at"))
    reached: set[int | None] = set(registered.values_list("pk", flat=True))
    found = {FunnelStep.REGISTERED: Rate(len(reached), len(reached))}
    for step, organizations in came.items():
        before = len(reached)
        reached &= set(organizations)
        found[step] = Rate(len(reached), before)
    return found
