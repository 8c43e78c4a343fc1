"""Where "Why them?" is read, and the screening lists that its record names."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from alliances.enums import ScreeningListName
from alliances.models import ScreeningList, User
from matchmaking.models import Recommendation
from matchmaking.services.why import why_them


def address(one: Recommendation) -> str:
    return f"/admin/matchmaking/recommendation/{one.pk}/why/"


def fresh(one: Recommendation) -> Recommendation:
    return Recommendation.objects.get(pk=one.pk)


def content_of(one: Recommendation, by: User | None = None) -> dict[str, Any]:
    return why_them(fresh(one), by=by)


def make_list(version: str, imported_at: datetime, **fields: Any) -> ScreeningList:
    values = {"name": ScreeningListName.CSL, "dated": imported_at.date(), "file_name": "csl.csv"}
    digest = f"{ScreeningList.objects.count():064x}"
    return ScreeningList.objects.create(
        version=version, imported_at=imported_at, digest=digest, entry_count=1, **{**values, **fields}
    )
