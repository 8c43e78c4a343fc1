"""One's own data as a file: made when asked for, kept nowhere."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping, Sequence

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.utils import timezone

from alliances.importing import FileFormat, table_file
from alliances.models import User
from matchmaking.models import CurationEvent
from matchmaking.selectors.personal_data import Held, personal_data


@transaction.atomic
def personal_export(user: User) -> bytes:
    """A ZIP of data.json and one CSV file a table, with everything that is held about the person.

    Times are ISO 8601 in UTC, values as they are stored. That it was made is recorded.
    """
    tables = personal_data(user)
    CurationEvent.objects.create(subject="person", subject_id=user.pk, kind="exported", actor_id=user.pk)
    text = json.dumps(_document(tables), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
    document = json.loads(text)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("data.json", text)
        for table in tables:
            rows = [[_cell(value) for value in row.values()] for row in document["tables"][table.name]]
            archive.writestr(f"{table.name}.csv", table_file(rows, table.columns, FileFormat.CSV))
    return packed.getvalue()


def _document(tables: Sequence[Held]) -> Mapping[str, object]:
    return {
        "made_at": timezone.now(),
        # Of very long tables only the newest rows are there.
        "older_rows_left_out": {table.name: table.left_out for table in tables if table.left_out},
        "tables": {
            table.name: [dict(zip(table.columns, row, strict=True)) for row in table.rows] for table in tables
        },
    }


def _cell(value: object) -> object:
    """A value of JSON in one cell: lists with bars between their items, as in the organizations file."""
    match value:
        case bool():
            return json.dumps(value)
        case list():
            return "|".join(map(str, value))
        case dict():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return value
