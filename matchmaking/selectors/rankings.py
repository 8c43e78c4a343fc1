"""Reads of ranking rows."""

from __future__ import annotations

import math
from collections.abc import Iterator

from django.db.models import Case, Value, When
from django.db.models.functions import Collate

from alliances.models import Organization
from matchmaking.engine.names import CRITERIA, KINDS
from matchmaking.models import MatchRun, Ranking

COLUMNS = ("seeker", "candidate", "kind", "rank", "score", "affinity", "candidate_affinity", *CRITERIA)
KIND_ORDER = Case(*(When(kind=kind, then=Value(place)) for place, kind in enumerate(KINDS)))


def exported_rows(
    run: MatchRun, *, organization: Organization | None = None, top: int | None = None
) -> Iterator[tuple[str | int | float | None, ...]]:
    """The run's lists in `COLUMNS`, by seeker code, kind and rank: codes for organizations, None for unknown.

    `top` cuts each list; `organization` leaves its own lists only.
    """
    rows = Ranking.objects.filter(run=run)
    if organization is not None:
        rows = rows.filter(seeker=organization)
    if top is not None:
        rows = rows.filter(rank__lte=top)
    codes = dict(Organization.objects.values_list("pk", "code"))
    # By the bytes of the code, whatever the database's language.
    listed = rows.order_by(Collate("seeker__code", "C"), KIND_ORDER, "rank").values_list(
        "seeker_id", "candidate_id", "kind", "rank", "score", "affinity", "candidate_affinity", "criteria"
    )
    for seeker, candidate, kind, *numbers, criteria in listed.iterator(chunk_size=5000):
        known = (None if math.isnan(value) else value for value in criteria)
        yield codes[seeker], codes[candidate], kind, *numbers, *known
