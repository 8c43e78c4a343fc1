"""The only door between the register and the engine: one consistent reading, a fixed number of queries."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db import connection, transaction

from alliances.enums import OrganizationState
from alliances.models import Need, Offer, Organization, Topic
from matchmaking import engine
from matchmaking.models import Exclusion, StatementVector

# They take no part yet or no more: their pairs are not counted at all. Everybody else's are, and those of
# who is not approved (waiting, on hold, suspended) fall under the constraint `not_approved`.
ABSENT_STATES = (OrganizationState.DRAFT, OrganizationState.WITHDRAWN, OrganizationState.REJECTED)

MINIMUM_STATEMENT = 20


def statement_of(english: str, chinese: str) -> str:
    """What the organization wrote about itself, English first; empty where it is under 20 characters."""
    text = english.strip() or chinese.strip()
    return text if len(text) >= MINIMUM_STATEMENT else ""


def statement_hash(text: str) -> str:
    """The key under which a statement's vector is kept: sha256, hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def take_snapshot(policy: engine.Policy, as_of: date, *, model_hash: str | None) -> engine.Snapshot:
    """The register as it stands now, as the engine's arrays.

    `model_hash` names the sentence encoder whose vectors count; with None text is unknown to everybody.
    All queries see one state of the database, except inside a caller's transaction, whose isolation holds.
    Raises `engine.ProfileError` for a profile the engine refuses.
    """
    consistent = not connection.in_atomic_block
    with transaction.atomic():
        if consistent:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        leaves = Topic.objects.order_by("slug").values_list("slug", "area__slug")
        topics = [engine.Topic(slug, area) for slug, area in leaves]
        profiles = read_profiles(as_of, model_hash=model_hash)
        exclusions = frozenset(Exclusion.objects.values_list("pair__low_id", "pair__high_id"))
    return engine.build_snapshot(
        profiles,
        topics=topics,
        constraints=engine.Constraints(exclusions=exclusions),
        policy=policy,
        as_of=as_of,
    )


def _levels(rows: Iterable[tuple[int, str, int]]) -> dict[int, dict[str, int]]:
    levels: dict[int, dict[str, int]] = defaultdict(dict)
    for organization, topic, level in rows:
        levels[organization][topic] = level
    return levels


def read_profiles(as_of: date, *, model_hash: str | None) -> list[engine.Profile]:
    """Everybody whose pairs count, as the engine sees them; four queries."""
    needs = _levels(Need.objects.order_by().values_list("organization_id", "topic__slug", "priority"))
    offers = _levels(Offer.objects.order_by().values_list("organization_id", "topic__slug", "maturity"))
    vectors = {
        row.organization_id: row for row in StatementVector.objects.filter(model_hash=model_hash or "")
    }
    return [
        _profile(row, needs, offers, vectors.get(row.pk), as_of)
        for row in Organization.objects.exclude(state__in=ABSENT_STATES).order_by("code")
    ]


def _profile(
    row: Organization,
    needs: dict[int, dict[str, int]],
    offers: dict[int, dict[str, int]],
    stored: StatementVector | None,
    as_of: date,
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
        # Nothing here opens introductions, so nobody has used any of theirs.
        capacity_left=row.capacity,
        approved=row.state == OrganizationState.APPROVED,
        # Answers are not recorded here, so that a response rate would only say that nobody could answer.
        trust=engine.TrustFacts(
            days_since_confirmed=max(0, (as_of - confirmed.date()).days) if confirmed else None
        ),
        statement_vector=bytes(stored.vector) if stored and current else None,
    )
