"""The beginning of a registration: which organization it is, and that nobody else has registered it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from alliances.duplicates import find_duplicates
from alliances.enums import Country, Kind, PopulationBasis, Subtype
from alliances.forms import PlainTextField, show_refusal
from alliances.likeness import StatedNames
from alliances.models import ReferenceCity
from alliances.models.organization import NAME_LENGTH
from alliances.selectors import cities_like, listed_among
from alliances.services.registration import Step, organization_register
from matchmaking.portal.claims import ClaimForm, claim_voucher
from matchmaking.portal.reader import reader
from matchmaking.selectors.recommendations import organizations_of
from matchmaking.wording import place_line


class WhoForm(forms.Form):
    """Which kind of organization, in which country: both stand for good."""

    kind = forms.ChoiceField(
        label=_("What are you?"),
        choices=[
            (Kind.CITY, _("A city or a public body: county, port, utility, transit agency")),
            (Kind.FIRM, _("A firm, or an institution that works like one: university, hospital")),
            (Kind.ALLIANCE, _("An alliance or association with members")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what you are.")},
    )
    country = forms.ChoiceField(
        label=_("In which country?"),
        choices=Country.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a country.")},
    )


class NameForm(forms.Form):
    """The city that was picked from the list, else the names of an organization that is entered by hand."""

    city = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)
    name_en = PlainTextField(label=_("Name in English"), max_length=NAME_LENGTH, required=False)
    name_zh = PlainTextField(label=_("Name in Chinese"), max_length=NAME_LENGTH, required=False)
    subtype = forms.ChoiceField(
        label=_("More exactly"), choices=[("", _("None of these")), *Subtype.choices], required=False
    )


@require_http_methods(["GET", "HEAD", "POST"])
def register(request: HttpRequest) -> HttpResponse:
    """Ask kind and country, then the name; on POST make the draft and go on to its first step."""
    who = WhoForm(request.POST if request.method == "POST" else request.GET or None)
    if not who.is_bound or not who.is_valid():
        context = {"form": who, "own": organizations_of(reader(request))}
        status = 400 if request.method == "POST" else 200
        return render(request, "portal/registration/who.html", context, status=status)
    if request.method == "POST":
        return _make(request, who)
    return _name_page(request, who, NameForm())


def _name_page(request: HttpRequest, who: WhoForm, form: NameForm, status: int = 200) -> HttpResponse:
    text = request.GET.get("q", "")[:NAME_LENGTH]
    kind, country = who.cleaned_data["kind"], who.cleaned_data["country"]
    is_city = kind == Kind.CITY
    context = {
        "kind": kind,
        "country": country,
        "is_city": is_city,
        "q": text,
        "cities": cities_like(text, country) if is_city else [],
        "form": form,
        "by_hand": not is_city or form.is_bound,
    }
    # Asked for by the search box while somebody types, the list alone is enough.
    part = "HX-Request" in request.headers
    template = "portal/registration/cities.html" if part else "portal/registration/name.html"
    return render(request, template, context, status=status)


def _make(request: HttpRequest, who: WhoForm) -> HttpResponse:
    form = NameForm(request.POST)
    if not form.is_valid():
        return _name_page(request, who, form, status=400)
    user, stated = reader(request), dict(form.cleaned_data)
    city = ReferenceCity.objects.filter(code=stated.pop("city"), country=who.cleaned_data["country"]).first()
    values: dict[str, Any] = {**who.cleaned_data, **(_of_city(city) if city else stated)}
    if "sure" not in request.POST and (found := find_duplicates(_names(values))):
        context = {
            "duplicates": [
                (one, place_line(one.organization), claim_voucher(one.organization, user)) for one in found
            ],
            "own": {one.pk for one in organizations_of(user)},
            "listed": listed_among(one.organization.pk for one in found),
            "claim_form": ClaimForm(auto_id=False),
            "posted": _posted(request),
        }
        return render(request, "portal/registration/duplicates.html", context)
    try:
        organization = organization_register(values, actor=user)
    except ValidationError as error:
        show_refusal(form, error)
        return _name_page(request, who, form, status=400)
    return redirect("portal:profile", code=organization.code, step=Step.ORGANIZATION)


def _of_city(city: ReferenceCity) -> dict[str, Any]:
    """What the shipped table knows of a city; its officer corrects it in the steps that follow."""
    return {
        "name_en": city.name_en,
        "name_zh": city.name_zh,
        "region": city.region,
        "population": city.population,
        "population_basis": PopulationBasis.GEONAMES if city.population else "",
        "latitude": city.latitude,
        "longitude": city.longitude,
        # A city's office writes its own country's language; that is a start, to be corrected.
        "languages": ["en"] if city.country == Country.US else ["zh"],
    }


def _names(values: dict[str, Any]) -> StatedNames:
    return StatedNames(
        kind=values["kind"],
        country=values["country"],
        region=values.get("region", ""),
        name_en=values.get("name_en", ""),
        name_zh=values.get("name_zh", ""),
    )


def _posted(request: HttpRequest) -> list[tuple[str, str]]:
    """What was sent, to be sent again by who is sure that theirs is another organization."""
    names = ("kind", "country", "city", "name_en", "name_zh", "subtype")
    return [(name, request.POST[name]) for name in names if name in request.POST]
