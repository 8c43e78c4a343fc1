"""The jurisdiction rules that are shipped. From then on they are the staff's, who change them at the desk."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from django.db import transaction

from alliances.services.reference import Loaded, reference_rows
from matchmaking.models import JurisdictionRule

REFERENCE_FOLDER = Path(__file__).resolve().parent.parent / "reference"
DAYS = ("begins_on", "ends_on")


@transaction.atomic
def load_jurisdiction_rules() -> Loaded:
    """Make each shipped rule that is not there yet; one that is stays as the staff left it."""
    rows = reference_rows("jurisdiction_rules", REFERENCE_FOLDER)
    known = set(JurisdictionRule.objects.values_list("slug", flat=True))
    new = [row for row in rows if row["slug"] not in known]
    for row in new:
        days = {name: date.fromisoformat(row[name]) if row[name] else None for name in DAYS}
        # One by one, so that each has its history.
        JurisdictionRule.objects.create(**{**row, **days})
    name = str(JurisdictionRule._meta.verbose_name_plural)
    return Loaded(name, len(new), 0, len(rows) - len(new))
