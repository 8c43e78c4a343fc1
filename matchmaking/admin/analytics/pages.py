"""The page of figures, and its tables as files."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliances.admin.base import ActionsAdmin, curator
from alliances.admin.importing import attachment, record_export
from alliances.enums import Country, Kind
from alliances.importing import FileFormat, table_file
from alliances.models import Alliance, City, Firm
from alliances.proof import is_proven, proof_page
from matchmaking.admin.analytics import tables
from matchmaking.admin.analytics.files import FILES
from matchmaking.admin.work import may_view
from matchmaking.enums import Period
from matchmaking.models import Recommendation
from matchmaking.pictures.maps import register_map
from matchmaking.selectors.analytics import (
    FEWEST,
    RIPE_AFTER,
    Scope,
    answer_rates,
    exposure,
    funnel,
    places,
    stated_topics,
)

WITHOUT = "without"


def may_view_analytics(user: Any) -> bool:
    """Whoever may view organizations of every kind and what is recommended to them."""
    return all(may_view(user, model) for model in (City, Firm, Alliance, Recommendation))


class ScopeForm(forms.Form):
    """What the figures are narrowed to, as the address states it. What is not known there narrows nothing."""

    period = forms.ChoiceField(label=gettext_lazy("Period"), choices=Period.choices, required=False)
    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"),
        choices=[("", gettext_lazy("every kind")), *Kind.choices],
        required=False,
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        choices=[("", gettext_lazy("both countries")), *Country.choices],
        required=False,
    )
    sample = forms.ChoiceField(
        label=gettext_lazy("Sample organizations"),
        choices=[("", gettext_lazy("counted")), (WITHOUT, gettext_lazy("left out"))],
        required=False,
    )

    def scope(self) -> Scope:
        self.is_valid()
        stated = self.cleaned_data
        return Scope(
            Period(stated.get("period") or Period.ALL),
            stated.get("kind", ""),
            stated.get("country", ""),
            with_sample=stated.get("sample") != WITHOUT,
        )

    def query(self) -> str:
        """What of the address is known, as an address states it."""
        self.is_valid()
        return urlencode({name: value for name, value in self.cleaned_data.items() if value})


class AnalyticsPages(ActionsAdmin):
    """The page of figures beside the list of recommendations, from which most of them come."""

    def get_urls(self) -> list[URLPattern]:
        page, file = (self.admin_site.admin_view(view) for view in (self.figures_view, self.file_view))
        name = "matchmaking_recommendation_analytics"
        return [
            path("analytics/", page, name=name),
            path("analytics/<slug:table>.csv", file, name=f"{name}_csv"),
            *super().get_urls(),
        ]

    def figures_view(self, request: HttpRequest) -> HttpResponse:
        if not may_view_analytics(request.user):
            raise PermissionDenied
        form = ScopeForm(request.GET)
        scope = form.scope()
        rates, topics, shown, where = (
            answer_rates(scope),
            stated_topics(scope),
            exposure(scope),
            places(scope),
        )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Analytics"),
            "form": form,
            "query": form.query(),
            "funnel": tables.funnel_table(funnel(scope)),
            "rates_note": tables.RATES_NOTE % {"days": RIPE_AFTER.days, "fewest": FEWEST},
            "totals": tables.totals(rates),
            "rates": [
                tables.kinds_table(rates),
                tables.areas_table(rates),
                tables.countries_table(rates),
                tables.regions_table(rates),
            ],
            "needs": tables.needs_table(topics.needs),
            "offers": tables.offers_table(topics.offers),
            "exposure": tables.exposure_table(shown),
            "exposure_facts": tables.exposure_facts(shown),
            "exposure_bars": tables.exposure_bars(shown),
            "map": register_map(where.organizations, where.introduced, names_all=True),
            "introductions": tables.number(where.made),
        }
        return TemplateResponse(request, "admin/analytics/page.html", context)

    @transaction.atomic
    def file_view(self, request: HttpRequest, table: str) -> HttpResponse:
        """The table with all its lines, for staff who have just proved who they are; on record."""
        if not may_view_analytics(request.user):
            raise PermissionDenied
        if table not in FILES:
            raise Http404
        if not is_proven(request):
            return redirect(proof_page(curator(request), request.get_full_path()))
        form = ScopeForm(request.GET)
        if not form.is_valid():  # the page says what is not known
            page = reverse("admin:matchmaking_recommendation_analytics")
            return redirect(f"{page}?{request.GET.urlencode()}")
        columns, rows = FILES[table](form.scope())
        name = f"analytics-{table}"
        record_export(request, name, FileFormat.CSV, len(rows))
        content = table_file(rows, columns, FileFormat.CSV)
        return attachment(content, f"{name}-{timezone.localdate():%Y-%m-%d}", FileFormat.CSV)
