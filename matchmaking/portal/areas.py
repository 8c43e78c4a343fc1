"""The public pages of a challenge area and of a topic: what is needed and offered where. Counts, no names."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe
from django_stubs_ext import StrOrPromise

from alliances.enums import Country
from alliances.models import ChallengeArea, Topic
from alliances.selectors import Stated, TopicSupply, topic_supply
from matchmaking.portal.facts import PLURALS


@dataclass(frozen=True)
class TopicRow:
    """A topic of an area: who states it in either country."""

    topic: Topic
    us: Stated
    cn: Stated
    all: Stated


@dataclass(frozen=True)
class KindRow:
    """Organizations of one kind that state a topic, in either country."""

    label: StrOrPromise
    us: Stated
    cn: Stated


@login_not_required
@require_safe
def area(request: HttpRequest, slug: str) -> HttpResponse:
    """What the area is about, and who needs and offers what in its topics."""
    found = get_object_or_404(ChallengeArea, slug=slug)
    rows = [_row(supply) for supply in topic_supply(found)]
    context = {
        "area": found,
        "rows": rows,
        "most": _most(*(side for row in rows for side in (row.us, row.cn))),
        "stated": Stated(sum(row.all.needs for row in rows), sum(row.all.offers for row in rows)),
    }
    return render(request, "portal/area.html", context)


@login_not_required
@require_safe
def topic(request: HttpRequest, slug: str) -> HttpResponse:
    """What the topic is about, how many of which kind and country state it, and the area's other topics."""
    found = get_object_or_404(Topic.objects.select_related("area"), slug=slug)
    supplies = {supply.topic.pk: supply for supply in topic_supply(found.area)}
    own = supplies.pop(found.pk)
    related = [_row(supply) for supply in supplies.values()]
    kinds = [
        KindRow(label, own.stated(Country.US, kind), own.stated(Country.CN, kind))
        for kind, label in PLURALS.items()
    ]
    context = {
        "topic": found,
        "kinds": kinds,
        "most": _most(*(side for row in kinds for side in (row.us, row.cn))),
        "us": own.stated(Country.US),
        "cn": own.stated(Country.CN),
        "stated": own.stated(),
        "related": related,
        "most_related": _most(*(row.all for row in related)),
    }
    return render(request, "portal/topic.html", context)


def _row(supply: TopicSupply) -> TopicRow:
    return TopicRow(supply.topic, supply.stated(Country.US), supply.stated(Country.CN), supply.stated())


def _most(*sides: Stated) -> int:
    """The count that fills a bar; at least one."""
    return max((max(side) for side in sides), default=0) or 1
