"""What the tables hold of how a recommendation came about: who decided what, when, and what was in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, NamedTuple

from django.db.models import Count, Max, Min, Q
from django.db.models.functions import Coalesce

from alliances.enums import EventKind
from alliances.models import Organization, RegisterEvent, ScreeningList, User
from matchmaking.models import (
    CurationEvent,
    DigestItem,
    Exclusion,
    Introduction,
    JurisdictionRule,
    OutboxEmail,
    Recommendation,
    Response,
)
from matchmaking.selectors.jurisdiction import is_in_force, is_meant

# What staff or a list decided of an organization's part in matching.
DECISIONS = (
    EventKind.APPROVED,
    EventKind.SUSPENDED,
    EventKind.WITHDRAWN,
    EventKind.REJECTED,
    EventKind.SCREENING_HIT,
    EventKind.SCREENING_DECIDED,
)


class Event(NamedTuple):
    """What happened to which subject; `data` holds ids, states and reasons."""

    at: datetime
    subject: str
    subject_id: int
    kind: str
    actor_id: int | None
    data: Mapping[str, Any]


class Mailing(NamedTuple):
    """Mails of a kind and state that told of the recommendation, and between which moments."""

    kind: str
    state: str
    people: int
    first_at: datetime
    last_at: datetime


class RuleThen(NamedTuple):
    """A jurisdiction rule as it stood, whether it is about the pair, and who had last changed it when."""

    slug: str
    verdict: str
    tie: str
    begins_on: date | None
    ends_on: date | None
    citation: str
    is_verified: bool
    about_pair: bool
    changed_at: datetime
    changed_by: int | None


class Person(NamedTuple):
    """Who acted: the name of staff only. `exists` is false of somebody who left."""

    name: str
    exists: bool


@dataclass(frozen=True)
class Record:
    """All of it; lists and rules are as of `decided_at`, when it was released or, if it was not, proposed.

    `directions` are the pair's recommendations by number, each with its seeker's id.
    """

    decided_at: datetime
    directions: Mapping[int, int]
    events: Sequence[Event]
    mailings: Sequence[Mailing]
    answers: Sequence[Response]
    lists: Sequence[ScreeningList]
    rules: Sequence[RuleThen]
    people: Mapping[int, Person]


def record_of(one: Recommendation) -> Record:
    """The record of a recommendation, in a fixed number of queries."""
    decided_at = one.released_at or one.proposed_at
    directions = dict(Recommendation.objects.filter(pair=one.pair_id).values_list("pk", "seeker_id"))
    introductions = list(Introduction.objects.filter(pair=one.pair_id).values_list("pk", flat=True))
    events = _events(one, directions, introductions)
    lists, rules = _lists(decided_at), _rules(one, decided_at)
    actors = [
        one.run.policy.created_by_id,
        one.run.requested_by_id,
        *(event.actor_id for event in events),
        *(each.actor_id for each in lists),
        *(rule.changed_by for rule in rules),
    ]
    return Record(
        decided_at=decided_at,
        directions=directions,
        events=events,
        mailings=_mailings(one, introductions),
        answers=list(Response.objects.filter(pair=one.pair_id).order_by("answered_at", "pk")),
        lists=lists,
        rules=rules,
        people=_people({pk for pk in actors if pk is not None}),
    )


def _events(one: Recommendation, directions: Iterable[int], introductions: Iterable[int]) -> list[Event]:
    """Of the pair, its recommendations, pins and introductions, the run, its policy until then, and both
    sides."""
    sides = [one.seeker_id, one.candidate_id]
    found = CurationEvent.objects.filter(
        Q(subject="recommendation", subject_id__in=list(directions))
        | Q(subject="pair", subject_id=one.pair_id)
        | Q(subject="introduction", subject_id__in=list(introductions))
        | Q(subject="run", subject_id=one.run_id)
        | Q(subject="pin", data__seeker__in=sides, data__candidate__in=sides)
        | Q(subject="policy", subject_id=one.run.policy_id, at__lte=one.run.requested_at)
    ).order_by("pk")
    events = [Event(e.at, e.subject, e.subject_id, e.kind, e.actor_id, e.data) for e in found]
    own = {e.kind for e in events if (e.subject, e.subject_id) == ("recommendation", one.pk)}
    if "asked_for" not in own:
        events.append(Event(one.proposed_at, "recommendation", one.pk, "proposed", None, {}))
    if one.released_at and "released" not in own:
        by_policy = one.run.policy.rules["release"] == "automatic"
        kind = "released_by_policy" if by_policy else "released_as_pinned"
        events.append(Event(one.released_at, "recommendation", one.pk, kind, None, {}))
    for exclusion in Exclusion.objects.filter(pair=one.pair_id):
        data = {"reason": exclusion.reason}
        events.append(
            Event(exclusion.created_at, "pair", one.pair_id, "excluded", exclusion.created_by_id, data)
        )
    decided = RegisterEvent.objects.filter(organization__in=sides, kind__in=DECISIONS).order_by("pk")
    events += [
        Event(e.at, "organization", e.organization_id or 0, e.kind, e.actor_id, e.data) for e in decided
    ]
    # Sorting is stable: what happened in one moment stays in the order in which it was written.
    return sorted(events, key=lambda event: event.at)


def _mailings(one: Recommendation, introductions: Iterable[int]) -> list[Mailing]:
    """Digests that held it, mails about an interest in it, mails of the pair's introduction."""
    digests = list(DigestItem.objects.filter(recommendation=one).values_list("email", flat=True))
    mails = OutboxEmail.objects.filter(
        Q(pk__in=digests) | Q(recommendation=one) | Q(introduction__in=list(introductions))
    )
    moment = Coalesce("sent_at", "created_at")
    grouped = mails.values("kind", "state").annotate(
        people=Count("pk"), first_at=Min(moment), last_at=Max(moment)
    )
    return [Mailing(**row) for row in grouped.order_by("first_at", "kind", "state")]


def _lists(at: datetime) -> list[ScreeningList]:
    """The newest of each list that was imported by then."""
    known = ScreeningList.objects.filter(imported_at__lte=at)
    return list(known.order_by("name", "-dated", "-pk").distinct("name"))


def _rules(one: Recommendation, at: datetime) -> list[RuleThen]:
    """The rules in force on the day (UTC) of this moment, as they were written then."""
    day = at.astimezone(UTC).date()
    parties = _parties(one, at)
    written = JurisdictionRule.history.filter(history_date__lte=at).latest_of_each().exclude(history_type="-")
    return [
        RuleThen(
            slug=rule.slug,
            verdict=rule.verdict,
            tie=rule.tie,
            begins_on=rule.begins_on,
            ends_on=rule.ends_on,
            citation=rule.citation,
            is_verified=rule.is_verified,
            about_pair=all(is_meant(rule, party) for party in parties),
            changed_at=rule.history_date,
            changed_by=rule.history_user_id,
        )
        for rule in sorted(written, key=lambda rule: rule.slug)
        if is_in_force(rule, day)
    ]


def _parties(one: Recommendation, at: datetime) -> list[Any]:
    """The two as they stood then, as far as their history goes back; else as they stand."""
    sides = [one.seeker, one.candidate]
    then = Organization.history.filter(id__in=[side.pk for side in sides], history_date__lte=at)
    stood = {row.id: row for row in then.latest_of_each()}
    return [stood.get(side.pk, side) for side in sides]


def _people(ids: Iterable[int]) -> dict[int, Person]:
    people = dict.fromkeys(ids, Person("", exists=False))
    for pk, name, is_staff in User.objects.filter(pk__in=list(people)).values_list("pk", "name", "is_staff"):
        people[pk] = Person((name or f"#{pk}") if is_staff else "", exists=True)
    return people
