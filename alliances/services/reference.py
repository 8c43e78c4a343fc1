"""Loading the reference data that is shipped: areas, topics, agencies, cities, alliances known from print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from django.db import models, transaction

from alliances.importing.cells import items
from alliances.importing.csv_format import read_csv_rows
from alliances.models import (
    Agency,
    ChallengeArea,
    Organization,
    ReferenceAlliance,
    ReferenceCity,
    Topic,
)

REFERENCE_FOLDER = Path(__file__).resolve().parent.parent / "reference"
CHALLENGE_TEXTS = ("slug", "name_en", "name_zh", "definition_en", "definition_zh")
Row = Mapping[str, str]
AnyModel = TypeVar("AnyModel", bound=models.Model)


class Loaded(NamedTuple):
    """What loading did to one table."""

    name: str
    created: int
    updated: int
    unchanged: int


@transaction.atomic
def load_reference() -> list[Loaded]:
    """Bring the tables to what the shipped files say; a row that stands as it should is not touched.

    Rows that the files do not name stay. A link of an alliance to its organization is made when the
    organization exists, and never taken away.
    """
    topic_rows = reference_rows("topics")
    areas = _upsert(
        ChallengeArea,
        "slug",
        [
            {**_texts(row, *CHALLENGE_TEXTS), "position": place}
            for place, row in enumerate(topic_rows)
            if not row["parent"]
        ],
    )
    area_ids = dict(ChallengeArea.objects.values_list("slug", "pk"))
    topics = _upsert(
        Topic,
        "slug",
        [
            {
                **_texts(row, *CHALLENGE_TEXTS),
                "area_id": area_ids[row["parent"]],
                "position": place,
            }
            for place, row in enumerate(topic_rows)
            if row["parent"]
        ],
    )
    agencies = _upsert(
        Agency,
        "slug",
        [
            _texts(
                row, "slug", "country", "abbreviation", "name_en", "name_zh", "role_en", "group", "verified"
            )
            for row in reference_rows("agencies")
        ],
    )
    return [areas, topics, agencies, _load_cities(), _load_alliances()]


def reference_rows(name: str, folder: Path = REFERENCE_FOLDER) -> list[Row]:
    """The rows of a shipped file by column."""
    table = read_csv_rows((folder / f"{name}.csv").read_bytes())
    return [dict(zip(table.header, row.cells, strict=True)) for row in table.rows]


def _load_cities() -> Loaded:
    numbers = {"population": int, "latitude": float, "longitude": float}
    return _upsert(
        ReferenceCity,
        "code",
        [
            {
                **_texts(row, "code", "country", "name_en", "name_zh", "region", "region_zh"),
                **{name: read(row[name]) if row[name] else None for name, read in numbers.items()},
            }
            for row in reference_rows("cities")
        ],
    )


def _load_alliances() -> Loaded:
    rows = reference_rows("alliances")
    organizations = dict(
        Organization.objects.filter(code__in=[row["code"] for row in rows]).values_list("code", "pk")
    )
    texts = (
        "name_en",
        "name_zh",
        "country",
        "founded",
        "patron_en",
        "patron_zh",
        "remit_en",
        "members",
        "note",
    )
    loaded = _upsert(
        ReferenceAlliance,
        "name_en",
        [
            {
                **_texts(row, *texts),
                **({"organization_id": organizations[row["code"]]} if row["code"] in organizations else {}),
            }
            for row in rows
        ],
    )
    topics = dict(Topic.objects.values_list("slug", "pk"))
    ids = dict(ReferenceAlliance.objects.values_list("name_en", "pk"))
    link = ReferenceAlliance.topics.through
    wanted = {(ids[row["name_en"]], topics[slug]) for row in rows for slug in items(row["topics"], ";|")}
    standing = set(
        link.objects.filter(referencealliance__in=ids.values()).values_list(
            "referencealliance_id", "topic_id"
        )
    )
    link.objects.bulk_create(
        [link(referencealliance_id=alliance, topic_id=topic) for alliance, topic in sorted(wanted - standing)]
    )
    return loaded


def _texts(row: Row, *columns: str) -> dict[str, object]:
    return {column: row[column] for column in columns}


def _upsert(model: type[AnyModel], key: str, rows: Sequence[Mapping[str, object]]) -> Loaded:
    """Create the rows whose key is new and update those that differ, in three queries."""
    manager = model._default_manager
    standing = {
        getattr(row, key): row for row in manager.filter(**{f"{key}__in": [row[key] for row in rows]})
    }
    new = [model(**row) for row in rows if row[key] not in standing]
    changed = []
    for row in rows:
        found = standing.get(row[key])
        if found is not None and any(getattr(found, name) != value for name, value in row.items()):
            for name, value in row.items():
                setattr(found, name, value)
            changed.append(found)
    manager.bulk_create(new)
    if changed:
        columns = {name.removesuffix("_id") for row in rows for name in row} - {key}
        manager.bulk_update(changed, sorted(columns))
    name = str(model._meta.verbose_name_plural)
    return Loaded(name, len(new), len(changed), len(rows) - len(new) - len(changed))
