"""What waits for a person at the desk, whatever it is: one queue, oldest first.

Nothing is queued by hand. The rows that need somebody are found where they are, and what staff noted on them
is laid over: to whom it is assigned, until when it is snoozed, that it is done.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import (
    CharField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    F,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Now
from django.utils import timezone

from alliances.enums import EventKind, HitState, OrganizationState
from alliances.models import Organization, RegisterEvent, ScreeningHit, TeamClaim, User
from matchmaking.enums import EmailState, RecommendationState, WorkKind
from matchmaking.models import OutboxEmail, Recommendation, WorkItem
from matchmaking.selectors.interests import silent_interests
from matchmaking.selectors.runs import runs_to_retry

# A profile that nobody confirmed for a year adds no trust; it is asked after a month before that.
PROFILE_CONFIRMED_FOR = timedelta(days=365)
PROFILE_ASKED_AFTER = timedelta(days=335)
# What leaves the queue by no change of its own: somebody says that nothing is left to do.
ENDED_BY_HAND = (WorkKind.MAIL, WorkKind.EXPIRING_PROFILE)


class Whose(StrEnum):
    """Whose work is asked for; the values are those of the address."""

    ANYBODY = ""
    MINE = "mine"
    NOBODY = "nobody"


@dataclass(frozen=True)
class Work:
    """One piece of work: what it is about, and what is noted on it."""

    kind: WorkKind
    subject: Any
    since: datetime
    assignee: User | None
    snoozed_until: datetime | None

    @property
    def key(self) -> str:
        """What names it in a form."""
        return f"{self.kind}:{self.subject.pk}"

    @property
    def days(self) -> int:
        """How long it waits."""
        return (timezone.now() - self.since).days


def waiting(kind: WorkKind) -> QuerySet[Any]:
    """All that waits of a kind, noted on or not; `since` says from when."""
    return _SOURCES[kind]()


def open_work(
    kind: WorkKind, user: User, *, whose: Whose = Whose.ANYBODY, snoozed: bool = False
) -> QuerySet[Any]:
    """What waits of a kind and is not done: what is snoozed, or all but that."""
    noted = WorkItem.objects.filter(kind=kind, subject_id=OuterRef("pk"))
    asleep = Exists(noted.filter(snoozed_until__gt=Now()))
    rows = waiting(kind).filter(asleep if snoozed else ~asleep)
    if kind in ENDED_BY_HAND:
        rows = rows.filter(~Exists(noted.filter(done_at__gte=OuterRef("since"))))
    match whose:
        case Whose.MINE:
            return rows.filter(Exists(noted.filter(assignee=user)))
        case Whose.NOBODY:
            return rows.filter(~Exists(noted.filter(assignee__isnull=False)))
    return rows


def work_counts(
    kinds: Iterable[WorkKind], user: User, *, whose: Whose = Whose.ANYBODY, snoozed: bool = False
) -> dict[WorkKind, int]:
    """How much there is of each of these kinds; a query each."""
    return {kind: open_work(kind, user, whose=whose, snoozed=snoozed).count() for kind in kinds}


def queue(
    kinds: Sequence[WorkKind], user: User, *, whose: Whose = Whose.ANYBODY, snoozed: bool = False
) -> QuerySet[Any]:
    """Rows (kind, subject id, since) of these kinds in one, oldest first; to be sliced for `work_of`."""
    parts = [
        open_work(kind, user, whose=whose, snoozed=snoozed)
        .annotate(work_kind=Value(kind.value, CharField()))
        .order_by()
        .values_list("work_kind", "pk", "since")
        for kind in kinds
    ]
    together: QuerySet[Any] = parts[0].union(*parts[1:], all=True)
    return together.order_by("since", "work_kind", "pk")


def work_of(rows: Iterable[tuple[str, int, datetime]]) -> list[Work]:
    """What these rows of the queue are about, in their order; a query for each kind among them, and one."""
    found = list(rows)
    ids: dict[WorkKind, list[int]] = {}
    for kind, subject_id, _since in found:
        ids.setdefault(WorkKind(kind), []).append(subject_id)
    subjects = {kind: _loaded(kind, of_kind) for kind, of_kind in ids.items()}
    noted = Q(pk=None)
    for kind, of_kind in ids.items():
        noted |= Q(kind=kind, subject_id__in=of_kind)
    notes = {
        (note.kind, note.subject_id): note
        for note in WorkItem.objects.filter(noted).select_related("assignee")
    }
    now = timezone.now()
    work = []
    for name, subject_id, since in found:
        kind, note = WorkKind(name), notes.get((name, subject_id))
        if subject := subjects[kind].get(subject_id):  # else it went meanwhile
            until = note.snoozed_until if note else None
            asleep = until if until and until > now else None
            work.append(Work(kind, subject, since, note.assignee if note else None, asleep))
    return work


def _loaded(kind: WorkKind, ids: Collection[int]) -> Mapping[int, Model]:
    related = _RELATED.get(kind, ())
    rows: QuerySet[Any] = _SOURCES[kind]().model._default_manager.select_related(*related)
    if kind == WorkKind.MAIL:
        rows = rows.defer("body_text", "body_html")
    return rows.in_bulk(ids)


# --- Where each kind waits ------------------------------------------------------------------------


def _submissions() -> QuerySet[Organization]:
    events = RegisterEvent.objects.filter(
        organization=OuterRef("pk"), kind__in=(EventKind.SUBMITTED, EventKind.PUT_ON_HOLD)
    )
    return Organization.objects.filter(
        state__in=(OrganizationState.SUBMITTED, OrganizationState.ON_HOLD)
    ).annotate(since=Coalesce(Subquery(events.order_by("-pk").values("at")[:1]), F("updated_at")))


def _claims() -> QuerySet[TeamClaim]:
    return TeamClaim.objects.for_staff().annotate(since=F("asked_at"))


def _hits() -> QuerySet[ScreeningHit]:
    return ScreeningHit.objects.filter(state=HitState.OPEN).annotate(since=F("found_at"))


def _held() -> QuerySet[Recommendation]:
    return Recommendation.objects.filter(state=RecommendationState.HELD).annotate(since=F("proposed_at"))


def _silent() -> QuerySet[Recommendation]:
    return silent_interests().annotate(since=F("shown_at"))


def _mail() -> QuerySet[OutboxEmail]:
    states = (EmailState.FAILED, EmailState.UNCERTAIN)
    return OutboxEmail.objects.filter(state__in=states).annotate(since=F("created_at"))


def _runs() -> QuerySet[Any]:
    return runs_to_retry().annotate(since=Coalesce("finished_at", "requested_at"))


def _expiring() -> QuerySet[Organization]:
    asked = ExpressionWrapper(
        Coalesce("profile_confirmed_at", "created_at") + Value(PROFILE_ASKED_AFTER), DateTimeField()
    )
    return Organization.objects.approved().annotate(since=asked).filter(since__lte=Now())


_SOURCES: Mapping[WorkKind, Callable[[], QuerySet[Any]]] = {
    WorkKind.SUBMISSION: _submissions,
    WorkKind.CLAIM: _claims,
    WorkKind.SCREENING_HIT: _hits,
    WorkKind.HELD: _held,
    WorkKind.SILENT_INTEREST: _silent,
    WorkKind.MAIL: _mail,
    WorkKind.RUN: _runs,
    WorkKind.EXPIRING_PROFILE: _expiring,
}
_RELATED: Mapping[WorkKind, Sequence[str]] = {
    WorkKind.CLAIM: ("organization", "user"),
    WorkKind.SCREENING_HIT: ("organization", "entry__screening_list"),
    WorkKind.HELD: ("seeker", "candidate"),
    WorkKind.SILENT_INTEREST: ("seeker", "candidate"),
}
