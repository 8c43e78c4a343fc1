"""The organizations file: its columns, and the way between its rows and entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple, cast

from django.core.exceptions import ValidationError
from django.db.models import Prefetch
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
from alliances.importing.problems import ImportProblem, ImportRefused, shown
from alliances.importing.table import Table, TableRow, header_problems
from alliances.models import AllianceMembership, Organization
from alliances.models.organization import NAME_LENGTH, SUMMARY_LENGTH
from alliances.validators import validate_plain_name, validate_plain_text

MOST_PEOPLE = 1_000_000_000
# Bounds what a hostile file can make us write; nobody mends more of one row at a time.
PROBLEMS_A_ROW = 20

READERS: dict[str, cells.Reader] = {
    "code": cells.code,
    "kind": cells.one_of(Kind, required=True),
    "subtype": cells.one_of(Subtype),
    "country": cells.one_of(Country, required=True),
    "name_en": cells.text(NAME_LENGTH, validate_plain_name),
    "name_zh": cells.text(NAME_LENGTH, validate_plain_name),
    "aliases": cells.aliases(NAME_LENGTH),
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
    entries: list[OrganizationEntry] = []
    line_of_code: dict[str, int] = {}
    for row in table.rows:
        values, faults = _read_row(table, row, context)
        problems += faults[:PROBLEMS_A_ROW]
        code = str(values.get("code", ""))
        if code and code in line_of_code:
            text = _("Code '%(code)s' stands on line %(other)s too. Remove one of the two rows.")
            params = {"code": code, "other": f"{line_of_code[code]:,}"}
            problems.append(ImportProblem(text, params, line=row.line, column="code", value=code))
        elif code:
            line_of_code[code] = row.line
        if not faults:
            entries.append(_entry(values, row.line))
    return ReadEntries(entries, set(line_of_code), problems)


def _read_row(
    table: Table, row: TableRow, context: cells.CellContext
) -> tuple[dict[str, object], list[ImportProblem]]:
    values: dict[str, object] = {}
    faults: list[ImportProblem] = []
    for column, cell in zip(table.header, row.cells, strict=True):
        bare = cell.strip()
        try:
            values[column] = READERS[column](bare, context)
        except ValidationError as error:
            faults += [
                ImportProblem(
                    fault.message, fault.params or {}, line=row.line, column=column, value=shown(bare)
                )
                for fault in error.error_list
            ]
    return values, faults


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


def organization_rows() -> Iterator[list[object]]:
    """Every organization as a row of COLUMNS, by code: what importing it again would leave as it is."""
    organizations = Organization.objects.order_by("code").prefetch_related(
        "needs__topic",
        "offers__topic",
        "patrons__agency",
        Prefetch(
            "memberships",
            AllianceMembership.objects.exclude(state=MembershipState.LAPSED).select_related("member"),
        ),
    )
    for organization in organizations.iterator(chunk_size=1000):
        yield [_WRITERS[column](organization) for column in COLUMNS]


def _column(name: str) -> Callable[[Organization], object]:
    def write(organization: Organization) -> object:
        value = getattr(organization, name)
        return "|".join(value) if isinstance(value, list) else value

    return write


_WRITERS: dict[str, Callable[[Organization], object]] = {
    **{name: _column(name) for name in ("code", *VALUE_FIELDS)},
    "needs": lambda one: "|".join(f"{need.topic.slug}:{need.priority}" for need in one.needs.all()),
    "offers": lambda one: "|".join(f"{offer.topic.slug}:{offer.maturity}" for offer in one.offers.all()),
    "patron": lambda one: "|".join(patron.agency.slug for patron in one.patrons.all()),
    "members": lambda one: "|".join(membership.member.code for membership in one.memberships.all()),
}
