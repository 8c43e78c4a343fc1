"""Restricted-party lists from their files: the Consolidated Screening List's CSV and JSON, and plain ones.

A plain list is CSV or JSON with `name`, and perhaps `aliases`, `country`, `reference`, `source`. What a file
holds, not what it is called, says which layout it has.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import PurePath
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from alliances.importing import ImportProblem, ImportRefused, read_csv_rows
from alliances.importing.problems import refuse, shown
from alliances.importing.table import Limits, check_size, header_problems
from alliances.screening.names import readings

NAME_LENGTH, TEXT_LENGTH, REFERENCE_LENGTH, COUNTRY_LENGTH = 500, 500, 200, 100
COLUMNS = ("name", "aliases", "country", "reference", "source")
# The official list joins the other names in a cell with "; ".
CSL_MARK = "alt_names"
MAX_CELL = 200_000


@dataclass(frozen=True)
class ListedParty:
    """An entry of a file. Only the name is sure to be stated."""

    name: str
    aliases: Sequence[str] = ()
    country: str = ""
    reference: str = ""
    source: str = ""
    programs: str = ""


@dataclass(frozen=True)
class ReadList:
    """The entries of a file, and what it says of itself."""

    parties: Sequence[ListedParty] = field(default_factory=list)
    version: str = ""
    dated: date | None = None


def read_list(content: bytes, file_name: str) -> ReadList:
    """The list in a file.

    Raises:
        ImportRefused: what is wrong, each bad row by its line and column or its number and field.
    """
    check_size(content, settings.SCREENING_MAX_BYTES)
    begin = content.removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    if PurePath(file_name).suffix.lower() == ".json" or begin in (b"{", b"["):
        found = _from_json(content)
    else:
        found = ReadList(_from_csv(content))
    named_after = re.search(r"(20\d\d)[-_.]?(\d\d)[-_.]?(\d\d)", file_name)
    dated = found.dated or (_day("-".join(named_after.groups())) if named_after else None)
    return ReadList(found.parties, found.version or PurePath(file_name).stem, dated)


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


# --- CSV ------------------------------------------------------------------------------------------


def _from_csv(content: bytes) -> list[ListedParty]:
    limits = Limits(settings.SCREENING_MAX_BYTES, settings.SCREENING_MAX_ROWS, MAX_CELL)
    table = read_csv_rows(content, limits)
    official = CSL_MARK in table.header
    if official:
        problems = header_problems(table.header, tuple(table.header), {"name"})
        if "name" not in table.header:
            text = _("Column '%(column)s' is missing.")
            problems.append(ImportProblem(text, {"column": "name"}, line=1, column="name", in_sentence=True))
    else:
        problems = header_problems(table.header, COLUMNS, {"name"})
    if problems:
        raise ImportRefused(problems)
    if not table.rows:
        raise ImportRefused([ImportProblem(_("The file has a header and no rows."), line=1)])
    parties: list[ListedParty] = []
    for row in table.rows:
        cells = {column: _clean(cell) for column, cell in zip(table.header, row.cells, strict=True)}
        party = _official(cells) if official else _plain(cells, table.list_separators + ";")
        for column, template, params, value in _faults(party):
            problems.append(ImportProblem(template, params, line=row.line, column=column, value=value))
        parties.append(party)
    if problems:
        raise ImportRefused(problems)
    return parties


def _official(cells: Mapping[str, str]) -> ListedParty:
    place = re.search(r"(?:^|,\s*)([A-Z]{2})\s*(?:;|$)", cells.get("addresses", ""))
    return ListedParty(
        name=cells["name"],
        aliases=_several(re.split(r"\s*;\s*", cells[CSL_MARK])),
        country=place.group(1) if place else "",
        reference=cells.get("_id") or cells.get("entity_number", ""),
        source=cells.get("source", ""),
        programs=cells.get("programs", ""),
    )


def _plain(cells: Mapping[str, str], separators: str) -> ListedParty:
    aliases = re.split(f"[{re.escape(separators)}]", cells.get("aliases", ""))
    return ListedParty(**{**cells, "aliases": _several(aliases)})  # type: ignore[arg-type]


# --- JSON -----------------------------------------------------------------------------------------


def _from_json(content: bytes) -> ReadList:
    try:
        document = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise refuse(_("File is not UTF-8. Save it as UTF-8.")) from error
    except json.JSONDecodeError as error:
        text = _("Line %(line)s: this is not JSON (%(reason)s).")
        raise refuse(text, line=error.lineno, reason=error.msg) from error
    except RecursionError as error:
        raise refuse(_("This JSON is nested too deeply.")) from error
    about = document if isinstance(document, dict) else {}
    rows = about.get("results") if about else document
    if not isinstance(rows, list) or not rows:
        raise refuse(_("The file has no entries. It must hold a list, or an object with a list 'results'."))
    if len(rows) > settings.SCREENING_MAX_ROWS:
        raise refuse(_("Too many rows (limit %(limit)s)."), limit=f"{settings.SCREENING_MAX_ROWS:,}")
    problems: list[ImportProblem] = []
    parties: list[ListedParty] = []
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            problems.append(_entry_problem(number, "", _("This is no object with fields.")))
            continue
        party = _from_fields(row)
        for name, template, params, _value in _faults(party):
            problems.append(_entry_problem(number, name, ImportProblem(template, params)))
        parties.append(party)
    if problems:
        raise ImportRefused(problems)
    dated = next(filter(None, map(_day, (about.get("date"), about.get("search_performed_at")))), None)
    return ReadList(parties, _clean(about.get("version") or "")[:200], dated)


def _entry_problem(number: int, name: str, message: object) -> ImportProblem:
    params = {"number": f"{number:,}", "field": name or "–", "message": message}
    return ImportProblem(_("Entry %(number)s, field '%(field)s': %(message)s"), params, column=name)


def _from_fields(row: Mapping[str, Any]) -> ListedParty:
    aliases = row.get(CSL_MARK, row.get("aliases")) or []
    if isinstance(aliases, str):
        aliases = re.split(r"\s*[;|]\s*", aliases)
    addresses = row.get("addresses") or []
    first = addresses[0] if isinstance(addresses, list) and addresses else {}
    country = row.get("country") or (first.get("country") if isinstance(first, dict) else "")
    programs = row.get("programs") or []
    return ListedParty(
        name=_clean(row.get("name") or ""),
        aliases=_several(map(_clean, aliases if isinstance(aliases, list) else [])),
        country=_clean(country or ""),
        reference=_clean(row.get("id") or row.get("reference") or row.get("entity_number") or ""),
        source=_clean(row.get("source") or ""),
        programs=", ".join(map(_clean, programs)) if isinstance(programs, list) else _clean(programs),
    )


# --- Both -----------------------------------------------------------------------------------------


def _several(aliases: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(alias.strip() for alias in aliases if alias.strip()))


def _clean(value: object) -> str:
    """Text on one line. Official files have carried broken characters: those become spaces."""
    kept = (" " if unicodedata.category(sign) in ("Cc", "Cs", "Co") else sign for sign in str(value))
    return " ".join("".join(kept).split())


Fault = tuple[str, Any, Mapping[str, object], str]


def _faults(party: ListedParty) -> list[Fault]:
    faults: list[Fault] = []
    names = (party.name, *party.aliases)
    if not party.name:
        faults.append(("name", _("The name is empty."), {}, ""))
    elif not any(readings(name, listed=True) for name in names):
        text = _("Nothing of '%(value)s' can be compared. Add a name in letters or characters.")
        faults.append(("name", text, {"value": shown(party.name)}, party.name))
    limits = [
        ("name", party.name, NAME_LENGTH),
        *(("aliases", alias, NAME_LENGTH) for alias in party.aliases),
        ("country", party.country, COUNTRY_LENGTH),
        ("reference", party.reference, REFERENCE_LENGTH),
        ("source", party.source, TEXT_LENGTH),
        ("programs", party.programs, TEXT_LENGTH),
    ]
    text = _("'%(value)s' is too long (%(length)s characters; limit %(limit)s).")
    faults += [
        (name, text, {"value": shown(value), "length": len(value), "limit": limit}, value)
        for name, value, limit in limits
        if len(value) > limit
    ]
    return faults
