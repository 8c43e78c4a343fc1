"""The only door between the register and the engine: one consistent reading, a fixed number of queries."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import chain
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Count, Q
from django.utils import timezone

from alliances.enums import Country, OrganizationState
from alliances.models import Need, Offer, Organization, ScreeningHit, Topic
from matchmaking import engine
from matchmaking.enums import Answer
from matchmaking.models import (
    Exclusion,
    Introduction,
    JurisdictionRule,
    Recommendation,
    StatementVector,
)
from matchmaking.models.recommendation import OPEN_FOR, READABLE_STATES
from matchmaking.selectors.apart import ABSENT_STATES, answers_against, rests
from matchmaking.selectors.jurisdiction import is_meant
from matchmaking.selectors.quarter import using_capacity
from matchmaking.selectors.recommendations import was_answered

MINIMUM_STATEMENT = 20
RATE_LOOKS_BACK = timedelta(days=365)


def statement_of(english: str, chinese: str) -> str:
    """What the organization wrote about itself, English first; empty where it is under 20 characters."""
    text = english.strip() or chinese.strip()
    return text if len(text) >= MINIMUM_STATEMENT else ""


def statement_hash(text: str) -> str:
    """The key under which a statement's vector is kept: sha256, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def take_snapshot(policy: engine.Policy, as_of: date, *, model_hash: str | None) -> engine.Snapshot:
    """The register as it stands now, as the engine's arrays under this policy; as `take_snapshots`."""
    return take_snapshots([policy], as_of, model_hash=model_hash)[0]


def take_snapshots(
    policies: Sequence[engine.Policy], as_of: date, *, model_hash: str | None
) -> list[engine.Snapshot]:
    """One reading of the register under each of these policies, so that they alone make the difference.

    `model_hash` names the sentence encoder whose vectors count; with None text is unknown to everybody.
    Raises `engine.ProfileError` for a profile the engine refuses.
    """
    with _one_state():
        topics = _topics()
        profiles = read_profiles(as_of, model_hash=model_hash)
        constraints = [_constraints(as_of, policy) for policy in policies]
    return [
        engine.build_snapshot(profiles, topics=topics, constraints=forbidden, policy=policy, as_of=as_of)
        for policy, forbidden in zip(policies, constraints, strict=True)
    ]


def take_changes(base: engine.Snapshot, ids: Collection[int], *, model_hash: str | None) -> engine.Changes:
    """These organizations as they stand now, under the rules, idf and day of an earlier snapshot.

    What was answered or ended since that day counts too. Raises `engine.OutgrownError` where the topics are
    others or jurisdiction keeps others apart than in the snapshot, and `engine.ProfileError` for a profile
    the engine refuses.
    """
    with _one_state():
        if _topics() != base.scale.leaves:
            raise engine.OutgrownError("the topics are others than they were")
        profiles = read_profiles(base.as_of, model_hash=model_hash, ids=ids)
        constraints = _constraints(base.as_of, base.policy, until=timezone.now().date())
    gone = set(ids).difference(profile.id for profile in profiles)
    return engine.build_changes(profiles, gone=gone, constraints=constraints, base=base)


def _topics() -> list[engine.Topic]:
    """Every topic with its area, by slug; one query."""
    leaves = Topic.objects.order_by("slug").values_list("slug", "area__slug")
    return [engine.Topic(slug, area) for slug, area in leaves]


@contextmanager
def _one_state() -> Iterator[None]:
    """All queries inside see one state of the database; in a caller's transaction its isolation holds."""
    consistent = not connection.in_atomic_block
    with transaction.atomic():
        if consistent:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _constraints(as_of: date, policy: engine.Policy, until: date | None = None) -> engine.Constraints:
    """What forbids a pair as of this day; at most seven queries. Answers count from the day they were given
    on, and no later ones than those of the day `until`, where it is later.

    A pair that rests after an end that was nobody's no is as one that was put off.
    """
    last = max(as_of, until or as_of)
    ends = ("pair__low_id", "pair__high_id")
    against = answers_against(as_of, policy.standing_decline_months).filter(answered_at__date__lte=last)
    by_answer: dict[str, set[tuple[int, int]]] = defaultdict(set)
    for given, low, high in against.values_list("answer", *ends):
        by_answer[given].add((low, high))
    ended = rests(as_of).filter(at__date__lte=last)
    resting = Recommendation.objects.filter(pk__in=ended.values("subject_id")).values_list(*ends)
    return engine.Constraints(
        exclusions=frozenset(Exclusion.objects.values_list(*ends)),
        introductions=frozenset(Introduction.objects.filter(closed_at=None).values_list(*ends)),
        declines=frozenset(by_answer[Answer.DECLINED]),
        laters=frozenset(by_answer[Answer.LATER] | set(resting)),
        jurisdiction=_barred(as_of),
        screening=frozenset(ScreeningHit.objects.blocking().values_list("organization_id", flat=True)),
    )


class _Alike(NamedTuple):
    """What a jurisdiction rule asks: organizations alike in it are told apart by no rule."""

    country: str
    kind: str
    subtype: str
    region: str


def _barred(as_of: date) -> tuple[engine.Barred, ...]:
    """For each rule that blocks every kind of tie on this day, who is kept from whom; at most two queries."""
    rules = list(JurisdictionRule.objects.blocking(as_of).order_by("slug"))
    if not rules:
        return ()
    alike: dict[_Alike, list[int]] = defaultdict(list)
    for number, *facts in Organization.objects.order_by().values_list("pk", *_Alike._fields):
        alike[_Alike(*facts)].append(number)

    def meant(rule: JurisdictionRule, country: Country) -> frozenset[int]:
        groups = [ids for facts, ids in alike.items() if facts.country == country and is_meant(rule, facts)]
        return frozenset(chain.from_iterable(groups))

    return tuple((meant(rule, Country.US), meant(rule, Country.CN)) for rule in rules)


def _introduced_this_quarter(as_of: date) -> Counter[int]:
    """How many introductions of each organization use up its capacity."""
    counted = using_capacity(as_of).values_list("pair__low_id", "pair__high_id")
    return Counter(side for pair in counted for side in pair)


def _answering(as_of: date, chosen: Q) -> dict[int, tuple[int, int]]:
    """For each seeker, of the recommendations of a year: how many there were, and how many it answered.

    Only those whose time to answer is over: a new one says nothing yet.
    """
    over = as_of - OPEN_FOR
    year = Recommendation.objects.filter(
        released_at__date__gt=over - RATE_LOOKS_BACK,
        released_at__date__lte=over,
        state__in=READABLE_STATES,
    )
    answered = Count("pk", filter=was_answered())
    rows = year.filter(chosen).order_by().values("seeker").annotate(released=Count("pk"), answered=answered)
    return {row["seeker"]: (row["released"], row["answered"]) for row in rows}


def _levels(rows: Iterable[tuple[int, str, int]]) -> dict[int, dict[str, int]]:
    levels: dict[int, dict[str, int]] = defaultdict(dict)
    for organization, topic, level in rows:
        levels[organization][topic] = level
    return levels


def read_profiles(
    as_of: date, *, model_hash: str | None, ids: Collection[int] | None = None
) -> list[engine.Profile]:
    """Everybody whose pairs count, as the engine sees them, or those of them with these ids; six queries."""

    def chosen(name: str) -> Q:
        return Q() if ids is None else Q(**{f"{name}__in": ids})

    own = chosen("organization")
    needs = Need.objects.filter(own).order_by().values_list("organization_id", "topic__slug", "priority")
    offers = Offer.objects.filter(own).order_by().values_list("organization_id", "topic__slug", "maturity")
    stated, offered = _levels(needs), _levels(offers)
    vectors = {
        row.organization_id: row for row in StatementVector.objects.filter(own, model_hash=model_hash or "")
    }
    introduced = _introduced_this_quarter(as_of)
    answering = _answering(as_of, chosen("seeker"))
    rows = Organization.objects.exclude(state__in=ABSENT_STATES).filter(chosen("pk"))
    return [
        _profile(
            row,
            stated,
            offered,
            vectors.get(row.pk),
            as_of,
            introduced=introduced[row.pk],
            answering=answering.get(row.pk, (0, 0)),
        )
        for row in rows.order_by("code")
    ]


def _profile(
    row: Organization,
    needs: dict[int, dict[str, int]],
    offers: dict[int, dict[str, int]],
    stored: StatementVector | None,
    as_of: date,
    *,
    introduced: int,
    answering: tuple[int, int],
) -> engine.Profile:
    text = statement_of(row.summary_en, row.summary_zh)
    # A vector of an older text would say what the organization no longer says.
    current = stored is not None and text and stored.text_hash == statement_hash(text)
    confirmed = row.profile_confirmed_at
    return engine.Profile(
        id=row.pk,
        code=row.code,
        country=row.country,
        kind=row.kind,
        needs=needs.get(row.pk, {}),
        offers=offers.get(row.pk, {}),
        population=row.population,
        size_band=row.size_band or None,
        seeks=frozenset(row.seeks),
        refuses=frozenset(row.refuses),
        partnership_types=frozenset(row.partnership_types),
        stage=row.stage or None,
        horizon=row.horizon or None,
        budget=row.budget_band or None,
        languages=frozenset(row.languages),
        capacity_left=max(0, row.capacity - introduced),
        approved=row.state == OrganizationState.APPROVED,
        trust=engine.TrustFacts(
            released=answering[0],
            answered=answering[1],
            days_since_confirmed=max(0, (as_of - confirmed.date()).days) if confirmed else None,
        ),
        statement_vector=bytes(stored.vector) if stored and current else None,
    )
