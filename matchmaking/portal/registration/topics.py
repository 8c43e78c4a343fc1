"""Needs and offers: picked from the taxonomy, then each stated so that it can be measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alliances.coach import Rating, rate
from alliances.importing.entries import OrganizationEntry
from alliances.models import ChallengeArea, Need, Offer, Organization, Topic
from alliances.models.topic import STATEMENT_LENGTH
from alliances.names import search_key
from alliances.selectors import organizations_across
from alliances.services.register import may_edit
from alliances.services.registration import Step, profile_save, statement_save
from matchmaking.portal.facts import MATURITIES, PRIORITIES
from matchmaking.portal.reader import reader
from matchmaking.portal.registration.onward import go_on

SIDES: dict[str, type[Need] | type[Offer]] = {"need": Need, "offer": Offer}
LEVELS = ("0", "1", "2", "3")


@dataclass(frozen=True)
class Choice:
    """A topic of the picker, with the level chosen on each side; 0 is none."""

    topic: Topic
    need: int
    offer: int
    is_hit: bool


@dataclass(frozen=True)
class Area:
    """An area of the picker; open where something in it was found. What was chosen stands beside."""

    area: ChallengeArea
    choices: list[Choice]
    needs: int
    offers: int
    hits: int
    is_open: bool


@dataclass(frozen=True)
class Picked:
    """A chosen need or offer beside the picker."""

    side: str
    topic: Topic
    level: str
    rating: Rating | None


def topics_step(request: HttpRequest, organization: Organization, frame: Mapping[str, Any]) -> HttpResponse:
    """The picker. Going on, searching and, with a script, every choice save what is chosen."""
    error, status = "", 200
    text = (request.POST if request.method == "POST" else request.GET).get("q", "")[:100].strip()
    if request.method == "POST":
        try:
            _save(request, organization)
        except ValidationError as refusal:
            error, status = " ".join(refusal.messages), 400
        else:
            if "find" not in request.POST and "HX-Request" not in request.headers:
                return go_on(organization, Step.TOPICS, request)
    rows = {side: list(_rows(model, organization)) for side, model in SIDES.items()}
    context = {
        **frame,
        "areas": _areas(rows, text),
        "picked": {side: [_picked(side, row) for row in rows[side]] for side in SIDES},
        "across": organizations_across(organization),
        "q": text,
        "error": error,
        "saved": request.method == "POST" and not error,
    }
    template = "portal/registration/topics.html"
    if "HX-Request" in request.headers and not error:
        template = f"portal/registration/{'picker' if 'find' in request.POST else 'picked'}.html"
    return render(request, template, context, status=status)


def _save(request: HttpRequest, organization: Organization) -> None:
    slugs = Topic.objects.values_list("slug", flat=True)
    levels: dict[str, dict[str, int]] = {"need": {}, "offer": {}}
    for slug in slugs:
        for side, chosen in levels.items():
            value = request.POST.get(f"{side}-{slug}", "0")
            if value not in LEVELS:
                raise ValidationError(
                    _("Level '%(level)s' of topic '%(topic)s' is not 1, 2 or 3."),
                    params={"level": value[:20], "topic": slug},
                )
            if value != "0":
                chosen[slug] = int(value)
    entry = OrganizationEntry(code=organization.code, values={}, needs=levels["need"], offers=levels["offer"])
    profile_save(organization, entry, actor=reader(request))


def _rows(model: type[Need] | type[Offer], organization: Organization) -> QuerySet[Any]:
    level = "priority" if model is Need else "maturity"
    return (
        model.objects.filter(organization=organization)
        .select_related("topic")
        .order_by(f"-{level}", "topic__position")
    )


def _level(row: Need | Offer) -> int:
    return row.priority if isinstance(row, Need) else row.maturity


def _picked(side: str, row: Need | Offer) -> Picked:
    words = PRIORITIES if isinstance(row, Need) else MATURITIES
    return Picked(side, row.topic, str(words[_level(row)]), rate(row.statement) if row.statement else None)


def _areas(rows: Mapping[str, list[Any]], text: str) -> list[Area]:
    levels = {side: {row.topic_id: _level(row) for row in found} for side, found in rows.items()}
    found = []
    for area in ChallengeArea.objects.prefetch_related("topics"):
        choices = [
            Choice(
                topic,
                levels["need"].get(topic.pk, 0),
                levels["offer"].get(topic.pk, 0),
                is_hit(topic, text),
            )
            for topic in area.topics.all()
        ]
        needs = sum(choice.need > 0 for choice in choices)
        offers = sum(choice.offer > 0 for choice in choices)
        hits = sum(choice.is_hit for choice in choices)
        found.append(Area(area, choices, needs, offers, hits, is_open=bool(text and hits)))
    return found


def is_hit(topic: Topic, text: str) -> bool:
    """Whether a search for these words, in English, Chinese or pinyin, finds the topic: all must be there."""
    where = _words(topic.name_en, topic.name_zh, topic.definition_en + topic.definition_zh)
    return all(word in where for word in text.lower().split())


@cache
def _words(name_en: str, name_zh: str, definition: str) -> str:
    return f"{name_zh} {search_key(name_en, name_zh)} {definition}".lower()


@require_http_methods(["GET", "HEAD", "POST"])
def statement(request: HttpRequest, code: str, side: str, slug: str) -> HttpResponse:
    """One need or offer in words, with the coach's rating of what stands there."""
    user = reader(request)
    model = SIDES[side]
    row = (
        model.objects.filter(
            organization__in=Organization.objects.visible_to(user),
            organization__team_members__user=user,
            organization__code=code,
            topic__slug=slug,
        )
        .select_related("topic", "organization")
        .first()
    )
    if row is None:
        raise Http404
    if not may_edit(user, row.organization):
        raise PermissionDenied
    error = ""
    text = request.POST.get("statement", row.statement)
    if "HX-Request" in request.headers and request.method == "POST":
        # While somebody writes: a rating of what stands there, nothing saved.
        return render(request, "portal/registration/coach.html", {"rating": rate(text[:STATEMENT_LENGTH])})
    if request.method == "POST":
        try:
            statement_save(row, text, actor=user)
        except ValidationError as refusal:
            error = " ".join(refusal.messages)
        else:
            if "rate" not in request.POST:
                messages.success(request, _("Saved."))
                return redirect("portal:profile", code=code, step=Step.TOPICS)
    context = {
        "organization": row.organization,
        "row": row,
        "side": side,
        "text": text,
        "limit": STATEMENT_LENGTH,
        "rating": rate(text[:STATEMENT_LENGTH]),
        "error": error,
        "saved": request.method == "POST" and not error,
    }
    return render(request, "portal/registration/statement.html", context, status=400 if error else 200)
