"""Organizations imported from objects instead of a file: the same rules, and a result for each row."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from alliances.models import Organization
from alliances.services.organization_import import RowOutcome, RowsRefused, import_rows
from tests.alliances.files import take
from tests.factories import make_topic, make_user

pytestmark = pytest.mark.django_db
CITY: dict[str, Any] = {"code": "us-a", "kind": "city", "country": "US", "name_en": "Alpha"}


def test_a_row_reads_as_the_same_row_of_a_file_does() -> None:
    make_topic("e-bus")
    take(
        {**CITY, "aliases": "A|B", "capacity": "5", "latitude": "1.5", "longitude": "-2", "needs": "e-bus:3"}
    )
    (result,) = import_rows(
        [
            {
                **CITY,
                "aliases": ["A", "B"],
                "capacity": 5,
                "latitude": 1.5,
                "longitude": -2,
                "needs": ["e-bus:3"],
            }
        ],
        actor=make_user(is_staff=True),
    )
    assert (result.line, result.code, result.outcome) == (1, "us-a", RowOutcome.UNCHANGED)


def test_what_a_row_leaves_out_stays_and_null_empties() -> None:
    take({**CITY, "region": "OR", "capacity": "5", "aliases": "A"})
    row = {"code": "us-a", "kind": "city", "country": "US", "aliases": None, "capacity": None}
    (result,) = import_rows([row], actor=make_user(is_staff=True))
    found = Organization.objects.get()
    assert (result.outcome, found.region, found.aliases, found.capacity) == (RowOutcome.UPDATED, "OR", [], 3)


def test_nobody_but_staff_imports_and_one_wrong_row_keeps_all_out() -> None:
    with pytest.raises(PermissionDenied):
        import_rows([CITY], actor=make_user())
    with pytest.raises(RowsRefused) as refused:
        import_rows([CITY, {**CITY, "code": "Ü"}], actor=make_user(is_staff=True))
    assert [one.outcome for one in refused.value.results] == [RowOutcome.NOT_IMPORTED, RowOutcome.REFUSED]
    assert [problem.line for problem in refused.value.problems] == [2]
    assert Organization.objects.count() == 0
