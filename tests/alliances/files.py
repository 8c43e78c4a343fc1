"""Small organizations files for tests."""

from __future__ import annotations

import io
from collections.abc import Mapping

from alliances.importing import ImportProblem, ImportRefused, write_csv
from alliances.services.organization_import import import_organizations
from alliances.services.register import SaveResult

CITY: dict[str, object] = {"code": "us-a", "kind": "city", "country": "US", "name_en": "Alpha"}


def organizations_file(*rows: Mapping[str, object]) -> bytes:
    """A CSV file of these rows; its columns are those that any of them names, in that order."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    stream = io.StringIO(newline="")
    write_csv([[row.get(name, "") for name in columns] for row in rows], columns, stream)
    return stream.getvalue().encode()


def take(*rows: Mapping[str, object], **options: object) -> SaveResult:
    """Import these rows."""
    return import_organizations(organizations_file(*rows), file_name="test.csv", **options)  # type: ignore[arg-type]


def problems_of(content: bytes) -> list[ImportProblem]:
    """Why this file is refused; an empty list where it is taken."""
    try:
        import_organizations(content, file_name="test.csv")
    except ImportRefused as refusal:
        return refusal.problems
    return []
