"""Pages that anybody may read."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from alliances.selectors import area_supply, cities_on_map, counted_once, register_figures
from matchmaking.pictures.dots import dots
from matchmaking.pictures.maps import register_map
from matchmaking.selectors.recommendations import sample_pairs_on_map
from matchmaking.selectors.runs import last_complete_run

ARCS = 18


@login_not_required
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """What the service is for, and what the register holds today."""
    areas, figures = counted_once("landing", lambda: (area_supply(), register_figures()))
    most = max((max(area.needs, area.offers) for area in areas), default=0) or 1
    run = last_complete_run()
    context = {
        "areas": areas,
        "most": most,
        "topics": sum(area.topics for area in areas),
        "map": register_map(cities_on_map(), sample_pairs_on_map(ARCS)),
        "figures": figures,
        "dots": dots(figures.large_us, figures.large_cn),
        "kinds": [
            (_("Cities and public bodies"), figures.cities),
            (_("Firms and institutes"), figures.firms),
            (_("Alliances"), figures.alliances),
        ],
        "most_of_kind": max(figures.cities, figures.firms, figures.alliances) or 1,
        "organizations": f"{figures.organizations:,}",
        "pairs": f"{run.pairs:,}" if run else "",
    }
    return render(request, "portal/home.html", context)
