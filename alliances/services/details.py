"""What a firm and an alliance state besides: registration numbers, references, charter, patrons."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext as _

from alliances.enums import Country, EventKind, Kind, OrganizationState
from alliances.identifiers import (
    normalize_credit_code,
    normalize_ein,
    normalize_uei,
    validate_credit_code,
    validate_ein,
    validate_uei,
)
from alliances.importing.entries import OrganizationEntry
from alliances.models import AllianceDetails, FirmDetails, FirmReference, Organization, User
from alliances.models.organization import NAME_LENGTH
from alliances.services import screening
from alliances.services.events import EventDraft, record
from alliances.services.history import record_history
from alliances.services.register import hold_for_edit, save_organization
from alliances.validators import validate_plain_name

# Nobody who registers is older; a year before it is a slip of the finger.
FIRST_YEAR = 1000
REFERENCES = 5
OWNERS = 10


def founded_year_problem(year: int | None) -> str:
    """What is wrong with a founding year; empty where nothing is."""
    if year is None or FIRST_YEAR <= year <= timezone.now().year:
        return ""
    return _("%(year)s cannot be the founding year. Give a year from %(first)s to %(last)s.") % {
        "year": year,
        "first": FIRST_YEAR,
        "last": timezone.now().year,
    }


NOT_HANDED_IN = (OrganizationState.DRAFT, OrganizationState.REJECTED, OrganizationState.WITHDRAWN)
# How each registration number is checked, and how it is written.
IDENTIFIERS: Mapping[str, tuple[Callable[[str], None], Callable[[str], str]]] = {
    "credit_code": (validate_credit_code, normalize_credit_code),
    "ein": (validate_ein, normalize_ein),
    "uei": (validate_uei, normalize_uei),
}


class Reference(NamedTuple):
    """A project that a firm names: title, place, year and website; all but the title may be empty."""

    title: str
    place: str = ""
    year: int | None = None
    website: str = ""


@transaction.atomic
def firm_details_save(
    organization: Organization,
    details: Mapping[str, str],
    *,
    founded_year: int | None,
    references: Sequence[Reference],
    owners: Sequence[str] | None = None,
    actor: User,
) -> None:
    """State a firm's registration numbers, ownership, owners, founding year and references. What `details`
    leaves out stays, and so do the owners where they are None.

    Raises:
        ValidationError: by field; a Chinese credit code outside China, an American number outside the US.
        PermissionDenied: the actor may not edit it.
    """
    locked = hold_for_edit(organization, actor)
    details, errors = _checked_identifiers(details)
    errors |= _foreign_identifiers(locked, details) | _taken_identifiers(locked, details)
    if locked.kind != Kind.FIRM:
        errors["ownership"] = _("Only a firm states this.")
    if problem := founded_year_problem(founded_year):
        errors["founded_year"] = problem
    if len(references) > REFERENCES:
        errors["references"] = _("Name at most %(count)s references.") % {"count": REFERENCES}
    if owners is not None:
        owners, problem = _checked_owners(owners)
        if problem:
            errors["owners"] = problem
    if errors:
        raise ValidationError(errors)
    standing = FirmDetails.objects.filter(organization=locked).first() or FirmDetails(organization=locked)
    changed = _lay_over(standing, details if owners is None else {**details, "owners": owners})
    standing.full_clean(exclude=["organization"])
    standing.save()
    if "owners" in changed:
        screening.screen_organizations([locked.pk])
    rows = [FirmReference(organization=locked, **reference._asdict()) for reference in references]
    for row in rows:
        row.full_clean(exclude=["organization"])
    before = list(FirmReference.objects.filter(organization=locked).order_by("pk"))
    if [_told(row) for row in before] != [_told(row) for row in rows]:
        FirmReference.objects.filter(organization=locked).delete()
        FirmReference.objects.bulk_create(rows)
        changed.append("references")
    _state_year(locked, founded_year, changed, actor)


def _checked_owners(stated: Sequence[str]) -> tuple[list[str], str]:
    """The names, each once, and what is wrong with them; empty where nothing is."""
    names = list(dict.fromkeys(name for line in stated if (name := " ".join(line.split()))))
    if len(names) > OWNERS:
        return names, _("Name at most %(count)s owners.") % {"count": OWNERS}
    for name in names:
        if len(name) > NAME_LENGTH:
            text = _("“%(name)s…” is too long. A name has at most %(limit)s characters.")
            return names, text % {"name": name[:60], "limit": NAME_LENGTH}
        try:
            validate_plain_name(name)
        except ValidationError as error:
            return names, f"{name[:60]}: {' '.join(error.messages)}"
    return names, ""


def _checked_identifiers(details: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Any]]:
    """The details with every registration number as it is written, and by field what is wrong with one."""
    stated = {name: value.strip() for name, value in details.items()}
    errors: dict[str, Any] = {}
    for name, (check, normalized) in IDENTIFIERS.items():
        if stated.get(name):
            try:
                check(stated[name])
            except ValidationError as error:
                errors[name] = error
            stated[name] = normalized(stated[name])
    return stated, errors


def _foreign_identifiers(firm: Organization, details: Mapping[str, str]) -> dict[str, Any]:
    """By field, a number of the other country."""
    chinese = _(
        "The country is %(country)s, and a unified social credit code is Chinese. Empty it, or register the "
        "organization in China."
    )
    american = _(
        "The country is %(country)s, and this number is American. Empty it, or register the organization in "
        "the United States."
    )
    home = {
        "credit_code": (Country.CN, chinese),
        "ein": (Country.US, american),
        "uei": (Country.US, american),
    }
    return {
        name: text % {"country": firm.get_country_display()}
        for name, (country, text) in home.items()
        if details.get(name) and firm.country != country
    }


def _taken_identifiers(firm: Organization, details: Mapping[str, str]) -> dict[str, Any]:
    """By field, a number that a firm which was handed in already has. Which one, only its team may say."""
    others = FirmDetails.objects.exclude(organization=firm).exclude(organization__state__in=NOT_HANDED_IN)
    return {
        name: _("A firm with the number %(value)s is in the register already. Ask to join its team instead.")
        % {"value": details[name]}
        for name in IDENTIFIERS
        if details.get(name) and others.filter(**{name: details[name]}).exists()
    }


def _told(row: FirmReference) -> tuple[str, str, int | None, str]:
    return row.title, row.place, row.year, row.website


@transaction.atomic
def alliance_details_save(
    organization: Organization,
    details: Mapping[str, str],
    *,
    founded_year: int | None,
    patrons: Collection[str],
    actor: User,
) -> None:
    """State an alliance's secretariat, charter, founding year and patron agencies (slugs).

    Raises:
        ValidationError: by field, what is wrong.
        PermissionDenied: the actor may not edit it.
    """
    locked = hold_for_edit(organization, actor)
    errors: dict[str, str] = {}
    if locked.kind != Kind.ALLIANCE:
        errors["secretariat"] = _("Only an alliance states this.")
    if problem := founded_year_problem(founded_year):
        errors["founded_year"] = problem
    if errors:
        raise ValidationError(errors)
    standing = AllianceDetails.objects.filter(organization=locked).first()
    standing = standing or AllianceDetails(organization=locked)
    changed = _lay_over(standing, details)
    standing.full_clean(exclude=["organization"])
    standing.save()
    entry = OrganizationEntry(code=locked.code, values={}, patrons=tuple(patrons))
    save_organization(entry, actor=actor, reason="profile")
    _state_year(locked, founded_year, changed, actor)


def _lay_over(row: Model, values: Mapping[str, object]) -> list[str]:
    changed = [name for name, value in values.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, values[name])
    return changed


def _state_year(locked: Organization, year: int | None, changed: list[str], actor: User) -> None:
    """Write the founding year and the event of everything that changed beside it."""
    if locked.founded_year != year:
        locked.founded_year = year
        locked.save(update_fields=["founded_year", "updated_at"])
        record_history([locked], "~", actor, "profile")
        changed.append("founded_year")
    if changed:
        record([EventDraft(locked.pk, EventKind.UPDATED, {"fields": sorted(changed)})], actor)
