"""Why them? All that is known of how a recommendation came about, as one plain content.

Page, file and command show the same: numbers unrounded, vocabulary values as stored, moments in UTC. Only
what was told stands in words, in every language of the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils import translation

from alliances.models import Organization, User
from matchmaking.models import Recommendation
from matchmaking.selectors.record import Event, Record, RuleThen, record_of
from matchmaking.services.replay import Entry, Replay, replay
from matchmaking.wording import told, topic_names

Content = dict[str, Any]


def why_them(one: Recommendation, *, by: User | None) -> Content:
    """The content of "Why them?". `by` is the person at the desk; None is whoever runs the service itself.

    Names and contents that a participant would not read yet are in it: staff only, else PermissionDenied.
    """
    if by is not None and not (by.is_active and by.is_staff):
        raise PermissionDenied
    found, record = replay(one), record_of(one)
    organizations = _organizations(one, found)
    return {
        "recommendation": {
            "id": one.pk,
            "public_id": str(one.public_id),
            "seeker": organizations[one.seeker_id],
            "candidate": organizations[one.candidate_id],
            "kind": one.kind,
            "rank": one.rank,
            "score": one.score,
            "affinity": one.affinity,
            "candidate_affinity": one.candidate_affinity,
            "state": one.state,
            "proposed_at": _utc(one.proposed_at),
            "released_at": _utc(one.released_at),
        },
        "told": {code: _told(one, code) for code, _name in settings.LANGUAGES},
        "breakdown": one.breakdown,
        "replay": _replay(found),
        "effects": [
            {
                "organization": organizations[one.seeker_id if each.party == "seeker" else one.candidate_id],
                "field": each.field,
                "value": each.value,
                "effect": each.effect,
            }
            for each in found.effects
        ],
        "list": [
            {"rank": entry.rank, **_named(entry, organizations), "score": entry.score}
            for entry in found.entries
        ],
        "policy": _policy(one, record),
        "run": _run(one, record),
        "screening_lists": [
            {
                "list": each.name,
                "version": each.version,
                "dated": each.dated.isoformat(),
                "imported_at": _utc(each.imported_at),
                "imported_by": _person(each.actor_id, record),
                "digest": each.digest,
            }
            for each in record.lists
        ],
        "jurisdiction_rules": [_rule(rule, record) for rule in record.rules],
        "decided_at": _utc(record.decided_at),
        "answers": [
            {
                "organization": organizations[each.organization_id],
                "answer": each.answer,
                "reason": each.reason,
                "until": _day(each.until),
                "answered_at": _utc(each.answered_at),
            }
            for each in record.answers
        ],
        "mails": [
            {
                "kind": each.kind,
                "state": each.state,
                "people": each.people,
                "first_at": _utc(each.first_at),
                "last_at": _utc(each.last_at),
            }
            for each in record.mailings
        ],
        "events": [_event(event, record, organizations) for event in record.events],
    }


def _organizations(one: Recommendation, found: Replay) -> dict[int, dict[str, str]]:
    """Code and today's names of the two and of the list, by id."""
    ids = {one.seeker_id, one.candidate_id, *(entry.organization_id for entry in found.entries)}
    rows = Organization.objects.filter(pk__in=ids).values_list("pk", "code", "name_en", "name_zh")
    return {pk: {"code": code, "name_en": name_en, "name_zh": name_zh} for pk, code, name_en, name_zh in rows}


def _named(entry: Entry, organizations: Mapping[int, dict[str, str]]) -> dict[str, str]:
    """Of somebody in the list: the code of then, and names where the register still has them."""
    return {**organizations.get(entry.organization_id, {"name_en": "", "name_zh": ""}), "code": entry.code}


def _told(one: Recommendation, language: str) -> dict[str, list[dict[str, str]]]:
    """The sentences that the seeker's team reads, for itself and for the candidate."""
    you, them = one.breakdown["seeker"], one.breakdown["candidate"]
    with translation.override(language):
        sides = told(you["reasons"], them["reasons"], topic_names())
    for_seeker, for_candidate = ([each._asdict() for each in side] for side in sides)
    return {"for_seeker": for_seeker, "for_candidate": for_candidate}


def _replay(found: Replay) -> Content:
    return {
        "identical": found.identical,
        "cause": found.cause.value if found.cause else None,
        "differences": [each._asdict() for each in found.differences],
        "place": found.place,
        "candidates": found.candidates,
    }


def _policy(one: Recommendation, record: Record) -> Content:
    policy = one.run.policy
    return {
        "name": policy.name,
        "version": policy.version,
        "created_at": _utc(policy.created_at),
        "created_by": _person(policy.created_by_id, record),
        "rules": policy.rules,
    }


def _run(one: Recommendation, record: Record) -> Content:
    run = one.run
    return {
        "id": run.pk,
        "as_of": run.as_of.isoformat(),
        "top_k": run.top_k,
        "requested_at": _utc(run.requested_at),
        "requested_by": _person(run.requested_by_id, record),
        "finished_at": _utc(run.finished_at),
        "organizations": run.organizations,
        "pairs": run.pairs,
        "snapshot_digest": run.snapshot_digest,
    }


def _rule(rule: RuleThen, record: Record) -> Content:
    return {
        **rule._asdict(),
        "begins_on": _day(rule.begins_on),
        "ends_on": _day(rule.ends_on),
        "changed_at": _utc(rule.changed_at),
        "changed_by": _person(rule.changed_by, record),
    }


def _event(event: Event, record: Record, organizations: Mapping[int, dict[str, str]]) -> Content:
    """With the organization it is about: the seeker of a recommendation or pin, or the one decided on."""
    about = {
        "recommendation": record.directions.get(event.subject_id),
        "pin": event.data.get("seeker"),
        "organization": event.subject_id,
    }.get(event.subject)
    return {
        "at": _utc(event.at),
        "subject": event.subject,
        "subject_id": event.subject_id,
        "organization": organizations[about]["code"] if about else None,
        "kind": event.kind,
        "by": _person(event.actor_id, record),
        "data": dict(event.data),
    }


def _person(pk: int | None, record: Record) -> Content | None:
    """Who it was: a number, the name of staff, and whether the person is still here; None for the service."""
    if pk is None:
        return None
    name, exists = record.people[pk]
    return {"id": pk, "name": name, "exists": exists}


def _utc(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at else None


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
