"""An organization as somebody states it, and the rules that look at more than one of its fields."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from alliances.enums import Kind
from alliances.importing.problems import ImportProblem, shown
from alliances.models import Agency, Organization, Topic
from alliances.models.organization import MOST_ALIASES
from alliances.validators import LIST_TOO_LONG

# The columns of an organization that a statement may hold, in the order of the organizations file.
VALUE_FIELDS = (
    "kind",
    "subtype",
    "country",
    "name_en",
    "name_zh",
    "aliases",
    "region",
    "population",
    "population_basis",
    "size_band",
    "latitude",
    "longitude",
    "website",
    "summary_en",
    "summary_zh",
    "languages",
    "seeks",
    "refuses",
    "partnership_types",
    "stage",
    "horizon",
    "budget_band",
    "capacity",
    "contact_email",
)


@dataclass(frozen=True)
class OrganizationEntry:
    """What is stated about the organization of this code. What is absent (None, or no key) stays as it is.

    `values` holds columns of VALUE_FIELDS; `needs` and `offers` are {topic slug: level 1-3}; `patrons` are
    agency slugs and `members` organization codes (alliances only). `line` is where a file states it.
    """

    code: str
    values: Mapping[str, object]
    needs: Mapping[str, int] | None = None
    offers: Mapping[str, int] | None = None
    patrons: Sequence[str] | None = None
    members: Sequence[str] | None = None
    line: int | None = None


@dataclass(frozen=True)
class RegisterFacts:
    """What entries are checked against. Organizations are those that the entries' codes and members name."""

    organizations: Mapping[str, Organization] = field(default_factory=dict)
    topics: Mapping[str, int] = field(default_factory=dict)
    agencies: Mapping[str, int] = field(default_factory=dict)


def known_words() -> tuple[dict[str, int], dict[str, int]]:
    """Ids of leaf topics and of agencies by slug, in their order: two queries."""
    return dict(Topic.objects.values_list("slug", "pk")), dict(Agency.objects.values_list("slug", "pk"))


def organizations_named(entries: Iterable[OrganizationEntry]) -> dict[str, Organization]:
    """The organizations that entries name, as own code or as member, locked in id order: one query."""
    codes = {code for entry in entries for code in (entry.code, *(entry.members or ()))}
    found = Organization.objects.filter(code__in=codes).order_by("pk").select_for_update(no_key=True)
    return {organization.code: organization for organization in found}


def entry_problems(
    entry: OrganizationEntry, facts: RegisterFacts, stated_codes: Collection[str]
) -> Iterator[ImportProblem]:
    """Faults of an entry laid over what is stored: identity, names, size, place, what only alliances have.

    `stated_codes` are the codes that come with this entry and count as known members.
    """
    stored = facts.organizations.get(entry.code)
    blank = Organization()

    def stands(name: str) -> object:
        return entry.values.get(name, getattr(stored or blank, name))

    def fault(column: str, template: str | Promise, **params: object) -> ImportProblem:
        value = shown(str(entry.values.get(column) or ""))
        return ImportProblem(template, params, line=entry.line, column=column, value=value)

    for column in ("kind", "country"):
        if stored and stands(column) != getattr(stored, column):
            text = _("The register has this code with %(stored)s; that cannot be changed. Use another code.")
            yield fault(column, text, stored=getattr(stored, column))
    if not stands("name_en") and not stands("name_zh"):
        yield fault("name_en", _("Give a name in English or in Chinese."))
    aliases = cast("list[str]", entry.values.get("aliases", []))
    if len(aliases) > MOST_ALIASES:
        yield fault("aliases", LIST_TOO_LONG, length=f"{len(aliases):,}", limit=MOST_ALIASES)
    if stands("population") is not None and stands("size_band"):
        yield fault("size_band", _("Give a population or a size band, not both."))
    if stands("population") is not None and not stands("population_basis"):
        yield fault("population_basis", _("Say what the population counts: the basis is missing."))
    if stands("population") is None and stands("population_basis"):
        yield fault("population", _("A basis is given without a population."))
    seeks, refuses = (set(cast("list[str]", stands(name))) for name in ("seeks", "refuses"))
    for kind in sorted(seeks & refuses):
        yield fault("refuses", _("'%(kind)s' is both looked for and refused. Take it out of one."), kind=kind)
    if (stands("latitude") is None) != (stands("longitude") is None):
        missing = "latitude" if stands("latitude") is None else "longitude"
        yield fault(missing, _("Give both latitude and longitude, or neither."))
    yield from _alliance_problems(entry, str(stands("kind")), facts, stated_codes)


def _alliance_problems(
    entry: OrganizationEntry, kind: str, facts: RegisterFacts, stated_codes: Collection[str]
) -> Iterator[ImportProblem]:
    def fault(column: str, template: str | Promise, value: str) -> ImportProblem:
        return ImportProblem(template, {"value": value}, line=entry.line, column=column, value=value)

    if kind != Kind.ALLIANCE:
        for column, named in (("patron", entry.patrons), ("members", entry.members)):
            if named:
                yield fault(column, _("Only an alliance has this. Empty the cell."), shown("|".join(named)))
        return
    for code in entry.members or ():
        if code == entry.code:
            yield fault("members", _("An alliance cannot be its own member."), code)
        elif code not in stated_codes and code not in facts.organizations:
            text = _("Organization '%(value)s' is neither in the register nor in the file.")
            yield fault("members", text, code)
