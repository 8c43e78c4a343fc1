"""What is read of an organization that has not agreed to be named: a description in its place.

The kind or subtype, the state or province, the size class, what it needs and offers and how it works with
others. No name, code, text, address, exact figure or place, and nothing that its patrons or projects would
give away.
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliances.enums import Country, Kind, Subtype
from alliances.models import Need, Offer, Organization
from alliances.regions import region_name
from alliances.selectors import size_class

# A city whose region is the city itself, or has its name, is described without it.
CITIES_OF_THEIR_OWN = frozenset(("Beijing", "Chongqing", "Shanghai", "Tianjin", "Hong Kong", "Macao", "DC"))
DESCRIPTIONS = {
    Kind.CITY: gettext_lazy("City in %(place)s"),
    Kind.FIRM: gettext_lazy("Firm in %(place)s"),
    Kind.ALLIANCE: gettext_lazy("Alliance in %(place)s"),
}
COUNTRIES = {Country.US: gettext_lazy("the United States"), Country.CN: gettext_lazy("China")}
KEPT = (
    "pk",
    "kind",
    "subtype",
    "country",
    "state",
    "is_sample",
    "shows_name",
    "size_band",
    "population_basis",
    "languages",
    "seeks",
    "partnership_types",
    "stage",
    "horizon",
    "budget_band",
)


def veiled(organization: Organization) -> Organization:
    """The description, as an organization that is never saved.

    Of what was loaded with it, needs and offers stay, without their statements; nothing else is to be had.
    """
    region = "" if _is_its_region(organization) else organization.region
    made = Organization(**{name: getattr(organization, name) for name in KEPT}, region=region)
    for language, name in (("en", "name_en"), ("zh-hans", "name_zh")):
        with translation.override(language):
            setattr(made, name, _description(made))
    size = size_class(organization) if organization.kind == Kind.CITY else None
    made.is_veiled, made.veiled_class = True, size.city_class if size else None
    # Django has no public way to say of a row, without a query, what is related to it. What is not said here
    # would be read from the database, with all that it tells.
    loaded = getattr(organization, "_prefetched_objects_cache", {})
    made._prefetched_objects_cache = {  # type: ignore[attr-defined]
        "needs": _without_statements(Need, loaded.get("needs", ())),
        "offers": _without_statements(Offer, loaded.get("offers", ())),
        **{name: _rows(Organization, ()) for name in ("patrons", "references", "memberships", "evidence")},
    }
    return made


def _is_its_region(organization: Organization) -> bool:
    if organization.kind != Kind.CITY:
        return False
    with translation.override("en"):
        region = region_name(organization.country, organization.region).lower()
    name = organization.name_en.lower().removesuffix(" city")
    return organization.region in CITIES_OF_THEIR_OWN or region in (name, f"{name} state")


def _description(organization: Organization) -> str:
    place = str(COUNTRIES[Country(organization.country)])
    if organization.region:
        region = region_name(organization.country, organization.region)
        country = str(organization.get_country_display())
        place = _("%(region)s, %(country)s") % {"region": region, "country": country}
    if organization.subtype:
        subtype = str(Subtype(organization.subtype).label)
        return _("%(subtype)s in %(place)s") % {"subtype": subtype, "place": place}
    return str(DESCRIPTIONS[Kind(organization.kind)]) % {"place": place}


def _without_statements(model: type[Need] | type[Offer], rows: Any) -> QuerySet[Any]:
    made = []
    for row in rows:
        values = {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}
        copy = model(**{**values, "statement": ""})
        if model.topic.is_cached(row):
            copy.topic = row.topic
        made.append(copy)
    return _rows(model, made)


def _rows(model: type[Any], rows: list[Any] | tuple[()]) -> QuerySet[Any]:
    """Rows as a query set that has been run: what `prefetch_related` would have left."""
    found: QuerySet[Any] = model._default_manager.none()
    found._result_cache = list(rows)
    found._prefetch_done = True  # type: ignore[attr-defined]
    return found
