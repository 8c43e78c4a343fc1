"""The organizations file: its columns, and the way between its rows and entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, cast

from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext_lazy as _

from alliances.enums import (
    BudgetBand,
    Country,
    Horizon,
    Kind,
    MembershipState,
    PartnershipType,
    PopulationBasis,
    SizeBand,
    Stage,
    Subtype,
    WorkingLanguage,
)
from alliances.importing import cells
from alliances.importing.entries import VALUE_FIELDS, OrganizationEntry
from alliances.importing.problems import ImportProblem, ImportRefused, SheetRow, shown
from alliances.importing.rows import read_row
from alliances.importing.table import MAX_COLUMNS, Table, TableRow, header_problems
from alliances.models import AllianceMembership, Organization
from alliances.models.organization import MOST_ALIASES, NAME_LENGTH, SUMMARY_LENGTH
from alliances.validators import validate_plain_name, validate_plain_text

MOST_PEOPLE = 1_000_000_000
# Bounds what a hostile file can make us write; nobody mends more of one row at a time.
PROBLEMS_A_ROW = 20
# What parts the items of a cell, whoever writes it.
ITEM_MARK = "|"

READERS: dict[str, cells.Reader] = {
    "code": cells.code,
    "kind": cells.one_of(Kind, required=True),
    "subtype": cells.one_of(Subtype),
    "country": cells.one_of(Country, required=True),
    "name_en": cells.text(NAME_LENGTH, validate_plain_name),
    "name_zh": cells.text(NAME_LENGTH, validate_plain_name),
    "aliases": cells.aliases(NAME_LENGTH, MOST_ALIASES),
    "region": cells.text(100, validate_plain_name),
    "population": cells.whole_number(1, MOST_PEOPLE, default=None),
    "population_basis": cells.one_of(PopulationBasis),
    "size_band": cells.one_of(SizeBand),
    "latitude": cells.degrees(90),
    "longitude": cells.degrees(180),
    "website": cells.website,
    "summary_en": cells.text(SUMMARY_LENGTH, validate_plain_text),
    "summary_zh": cells.text(SUMMARY_LENGTH, validate_plain_text),
    "languages": cells.set_of(WorkingLanguage),
    "needs": cells.levels,
    "offers": cells.levels,
    "seeks": cells.set_of(Kind),
    "refuses": cells.set_of(Kind),
    "partnership_types": cells.set_of(PartnershipType),
    "stage": cells.one_of(Stage),
    "horizon": cells.one_of(Horizon),
    "budget_band": cells.one_of(BudgetBand),
    "capacity": cells.whole_number(0, 100, default=3),
    "patron": cells.agencies,
    "members": cells.codes,
    "contact_email": cells.email,
}
COLUMNS = tuple(READERS)
REQUIRED = {"code", "kind", "country"}


class ReadEntries(NamedTuple):
    """The rows that can be read, the codes of all rows, and the faults of the others."""

    entries: list[OrganizationEntry]
    codes: set[str]
    problems: list[ImportProblem]


def entries_from_table(table: Table, context: cells.CellContext) -> ReadEntries:
    """An entry for each row whose cells can be read, and the faults of cells and repeated codes.

    Raises:
        ImportRefused: the header is wrong; without it no cell has a meaning.
    """
    problems = header_problems(table.header, COLUMNS, REQUIRED)
    if "name_en" not in table.header and "name_zh" not in table.header:
        text = _("Column 'name_en' or 'name_zh' is missing.")
        problems.append(ImportProblem(text, line=1, column="name_en", in_sentence=True))
    if problems:
        raise ImportRefused(problems)
    if not table.rows:
        raise ImportRefused([ImportProblem(_("The file has a header and no rows."), line=1)])
    return _entries((row.line, *read_row(READERS, table, row, context)) for row in table.rows)


def entries_from_objects(
    objects: Sequence[Mapping[str, object]], topics: tuple[str, ...], agencies: tuple[str, ...]
) -> ReadEntries:
    """As `entries_from_table`, of objects that each name their columns: what one leaves out stays as it is.

    A value is a text, a number, a list of texts, or None for an empty cell. The first object is line 1.
    """
    context = cells.CellContext(ITEM_MARK, topics, agencies)
    return _entries((line, *_read_object(one, line, context)) for line, one in enumerate(objects, start=1))


def _read_object(
    stated: Mapping[str, object], line: int, context: cells.CellContext
) -> tuple[dict[str, object], list[ImportProblem]]:
    if len(stated) > MAX_COLUMNS:
        text = _("Too many columns (limit %(limit)s).")
        return {}, [ImportProblem(text, {"limit": MAX_COLUMNS}, line=line)]
    faults = [
        replace(fault, line=line)
        for fault in header_problems([shown(column) for column in stated], COLUMNS, REQUIRED)
    ]
    found: dict[str, str] = {}
    for column, value in stated.items():
        try:
            found[column] = cells.from_json(value, ITEM_MARK)
        except ValidationError as error:
            place = shown(column)
            faults.append(ImportProblem(error.message, error.params or {}, line=line, column=place))
    known = {column: cell for column, cell in found.items() if column in READERS}
    row = TableRow(line, list(known.values()))
    values, more = read_row(READERS, Table(list(known), [row]), row, context)
    return values, [*faults, *more]


def _entries(
    rows: Iterable[tuple[int, dict[str, object], list[ImportProblem]]],
) -> ReadEntries:
    """An entry for each row that has no fault, by its line; and each code once."""
    entries: list[OrganizationEntry] = []
    problems: list[ImportProblem] = []
    line_of_code: dict[str, int] = {}
    for line, values, faults in rows:
        problems += faults[:PROBLEMS_A_ROW]
        code = str(values.get("code", ""))
        if code and code in line_of_code:
            text = (
                _("Code '%(code)s' stands in row %(other)s too. Remove one of the two rows.")
                if isinstance(line, SheetRow)
                else _("Code '%(code)s' stands on line %(other)s too. Remove one of the two rows.")
            )
            params = {"code": code, "other": f"{line_of_code[code]:,}"}
            problems.append(ImportProblem(text, params, line=line, column="code", value=code))
        elif code:
            line_of_code[code] = line
        if not faults:
            entries.append(_entry(values, line))
    return ReadEntries(entries, set(line_of_code), problems)


def _entry(values: dict[str, object], line: int) -> OrganizationEntry:
    return OrganizationEntry(
        code=str(values["code"]),
        values={name: values[name] for name in VALUE_FIELDS if name in values},
        needs=cast("dict[str, int] | None", values.get("needs")),
        offers=cast("dict[str, int] | None", values.get("offers")),
        patrons=cast("tuple[str, ...] | None", values.get("patron")),
        members=cast("tuple[str, ...] | None", values.get("members")),
        line=line,
    )


def organization_rows(organizations: QuerySet[Organization] | None = None) -> Iterator[list[object]]:
    """These organizations (all, unless given) as rows of COLUMNS, by code: importing them changes nothing."""
    chosen = Organization.objects.all() if organizations is None else organizations
    for organization in with_statements(chosen.order_by("code")).iterator(chunk_size=1000):
        yield [as_cell(value) for value in stated_values(organization).values()]


def with_statements(organizations: QuerySet[Organization]) -> QuerySet[Organization]:
    """The organizations with all that `stated_values` reads: five queries more, however many they are."""
    return organizations.prefetch_related(
        "needs__topic",
        "offers__topic",
        "patrons__agency",
        Prefetch(
            "memberships",
            AllianceMembership.objects.exclude(state=MembershipState.LAPSED).select_related("member"),
        ),
    )


def stated_values(organization: Organization) -> dict[str, object]:
    """What the register holds, by column: as an entry would state it."""
    values: dict[str, object] = {name: getattr(organization, name) for name in ("code", *VALUE_FIELDS)}
    values |= {
        "needs": {need.topic.slug: need.priority for need in organization.needs.all()},
        "offers": {offer.topic.slug: offer.maturity for offer in organization.offers.all()},
        "patron": tuple(patron.agency.slug for patron in organization.patrons.all()),
        "members": tuple(membership.member.code for membership in organization.memberships.all()),
    }
    return {column: values[column] for column in COLUMNS}


def as_cell(value: object) -> object:
    """A value as one cell of the file holds it."""
    if isinstance(value, dict):
        return ITEM_MARK.join(f"{topic}:{level}" for topic, level in value.items())
    if isinstance(value, list | tuple):
        return ITEM_MARK.join(value)
    return value


@dataclass(frozen=True)
class Difference:
    """A column that an entry would change, with its cells before and after."""

    column: str
    before: object
    after: object


def differences(entry: OrganizationEntry, organization: Organization) -> list[Difference]:
    """What laying the entry over an organization `with_statements` would change, in the file's order."""
    lists = {
        "needs": entry.needs,
        "offers": entry.offers,
        "patron": entry.patrons,
        "members": entry.members,
    }
    stated = {**entry.values, **{column: value for column, value in lists.items() if value is not None}}
    return [
        Difference(column, as_cell(before), as_cell(stated[column]))
        for column, before in stated_values(organization).items()
        if column in stated and not _same(before, stated[column])
    ]


def _same(before: object, after: object) -> bool:
    # Patrons and members have no order.
    if isinstance(before, tuple) and isinstance(after, tuple):
        return set(before) == set(after)
    return before == after
