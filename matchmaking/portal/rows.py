"""Rows that a form names by number."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404

Row = TypeVar("Row", bound=Model)
# The digits of the largest number that a column can hold are one more.
DIGITS = 18


def chosen(rows: QuerySet[Row], number: str | None) -> Row:
    """The row of this number among those that the reader may see; Http404 where there is none."""
    if not number or not number.isdecimal() or len(number) > DIGITS:
        raise Http404
    return get_object_or_404(rows, pk=int(number))
