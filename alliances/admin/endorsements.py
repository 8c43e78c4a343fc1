"""Agencies and alliances on one page: who endorses whom, who covers a challenge area, whom to ask."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from alliances import endorsements
from alliances.enums import Country
from alliances.models import Agency, ChallengeArea

ENDORSEMENTS = _("Agencies and alliances")
PAGE_SIZE = 20


def may_see_endorsements(request: HttpRequest) -> bool:
    """Whoever may see agencies, alliances and what is known from print."""
    seen = ("agency", "alliance", "referencealliance")
    return all(request.user.has_perm(f"alliances.view_{name}") for name in seen)


class AskedForm(forms.Form):
    """What the page is narrowed to. What is not known narrows nothing."""

    agency = forms.ModelChoiceField(Agency.objects.all(), to_field_name="slug", required=False)
    country = forms.ChoiceField(choices=Country, required=False)
    area = forms.ModelChoiceField(ChallengeArea.objects.all(), to_field_name="slug", required=False)
    q = forms.CharField(max_length=100, required=False)
    page = forms.IntegerField(min_value=1, max_value=10_000, required=False)


class EndorsementPages(ModelAdmin):
    """The page, and the buttons that lead to it from the agencies."""

    actions_list = ["all_endorsements"]
    actions_detail = ["endorsements_of"]

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.endorsements_view)
        return [path("alliances/", view, name="alliances_agency_endorsements"), *super().get_urls()]

    @action(description=ENDORSEMENTS, permissions=["view"])
    def all_endorsements(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:alliances_agency_endorsements")

    @action(description=_("Alliances it endorses"), permissions=["view"])
    def endorsements_of(self, request: HttpRequest, object_id: str) -> HttpResponse:
        found = self.get_object(request, object_id)
        if found is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return redirect(_address(agency=found.slug))

    def endorsements_view(self, request: HttpRequest) -> HttpResponse:
        if not may_see_endorsements(request):
            raise PermissionDenied
        form = AskedForm(request.GET)
        form.is_valid()
        stated = form.cleaned_data
        asked = endorsements.Asked(
            stated.get("agency"), stated.get("country", ""), stated.get("area"), stated.get("q", "")
        )
        page = Paginator(endorsements.registered(asked), PAGE_SIZE).get_page(stated.get("page") or 1)
        kept = {
            "agency": asked.agency.slug if asked.agency else "",
            "country": asked.country,
            "area": asked.area.slug if asked.area else "",
            "q": asked.words,
        }
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": ENDORSEMENTS,
            "asked": asked,
            "countries": Country.choices,
            "agencies": [
                (agency, count, printed, _address(**{**kept, "agency": agency.slug}))
                for agency, count, printed in endorsements.agencies_with_counts(asked.country)
            ],
            "areas": [
                (area, count, _address(**{**kept, "area": area.slug}))
                for area, count in endorsements.areas_with_counts(asked.country)
            ],
            "page": page,
            "rows": endorsements.endorsements(list(page)),
            "known": endorsements.known(asked),
            "everything": _address(),
            "previous": _address(**kept, page=str(page.number - 1)) if page.has_previous() else "",
            "next": _address(**kept, page=str(page.number + 1)) if page.has_next() else "",
            "may_ask": request.user.has_perm("alliances.change_alliance"),
        }
        return TemplateResponse(request, "admin/alliances/endorsements.html", context)


def _address(**asked: str) -> str:
    query = urlencode({name: value for name, value in asked.items() if value})
    address = reverse("admin:alliances_agency_endorsements")
    return f"{address}?{query}" if query else address
