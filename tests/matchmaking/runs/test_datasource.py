"""The door to the engine: who is read, what counts as a statement, and how many questions it takes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.enums import Country, OrganizationState
from alliances.models import ChallengeArea, Organization, Topic
from matchmaking import embedding, engine
from matchmaking.datasource import statement_of, take_snapshot
from matchmaking.models import Exclusion, Pair, StatementVector
from matchmaking.services import statements
from tests.factories import make_organization
from tests.registers import make_register

POLICY = engine.Policy.default()
TODAY = date(2026, 11, 1)
LONG = "We plan electric buses for the whole region."


def queries_for_snapshot() -> int:
    with CaptureQueriesContext(connection) as captured:
        take_snapshot(POLICY, TODAY, model_hash=None)
    return len([query for query in captured if query["sql"].startswith("SELECT")])


@pytest.mark.django_db
def test_the_number_of_queries_does_not_grow() -> None:
    make_register(5, 5, seed=1)
    few = queries_for_snapshot()
    Organization.objects.all().delete()
    Topic.objects.all().delete()
    ChallengeArea.objects.all().delete()
    make_register(60, 60, seed=1)
    assert queries_for_snapshot() == few == 13


@pytest.mark.django_db
def test_who_takes_part_and_who_is_only_counted() -> None:
    for state in OrganizationState:
        make_organization(f"us-{state.replace('_', '-')}", state=state)
    make_organization("cn-one", country=Country.CN)
    snapshot = take_snapshot(POLICY, TODAY, model_hash=None)
    assert snapshot.us_codes == (
        "us-approved",
        "us-changes-requested",
        "us-on-hold",
        "us-submitted",
        "us-suspended",
    )
    counts = engine.rank_all(snapshot)[2]
    assert (counts["pairs"], counts["scored"], counts["excluded"]["not_approved"]) == (5, 1, 4)


@pytest.mark.django_db
def test_an_excluded_pair_is_not_scored() -> None:
    one, other = make_organization("us-a"), make_organization("cn-a", country=Country.CN)
    pair = Pair.objects.create(
        low=min(one, other, key=lambda o: o.pk), high=max(one, other, key=lambda o: o.pk)
    )
    Exclusion.objects.create(pair=pair, reason="test")
    counts = engine.rank_all(take_snapshot(POLICY, TODAY, model_hash=None))[2]
    assert (counts["scored"], counts["excluded"]["exclusion"]) == (0, 1)


@pytest.mark.django_db
def test_trust_is_known_from_a_confirmed_profile_and_by_the_day_of_the_run() -> None:
    make_organization("us-a", profile_confirmed_at=timezone.now())
    make_organization("us-b")
    as_of = timezone.now().date() + timedelta(days=73)
    trust = take_snapshot(POLICY, as_of, model_hash=None).us.trust
    assert trust[0] == pytest.approx(1 - 73 / 365, abs=2**-20)
    assert np.isnan(trust[1])


@pytest.mark.parametrize(
    ("english", "chinese", "statement"),
    [
        (LONG, "中" * 20, LONG),
        ("", "中" * 20, "中" * 20),
        ("  ", "中" * 20, "中" * 20),
        ("x" * 19, "", ""),
        ("x" * 20, "", "x" * 20),
        # What stands in English is the statement, even where it is too short to count.
        ("short", "中" * 20, ""),
    ],
)
def test_what_counts_as_a_statement(english: str, chinese: str, statement: str) -> None:
    assert statement_of(english, chinese) == statement


@pytest.mark.django_db
def test_statements_are_embedded_when_they_change_and_not_again(django_assert_num_queries: Any) -> None:
    organization = make_organization("us-a", summary_en=LONG)
    make_organization("us-b", summary_en="short")
    model_hash = statements.refresh_statements()
    assert model_hash is not None
    first = StatementVector.objects.get()
    assert (first.organization_id, first.model_hash, len(first.vector)) == (organization.pk, model_hash, 512)
    with django_assert_num_queries(2):
        statements.refresh_statements()
    organization.summary_en = "We treat waste water and sludge."
    organization.save()
    # Until it is embedded anew, the old vector does not speak for the new text.
    assert take_snapshot(POLICY, TODAY, model_hash=model_hash).us.has_text.tolist() == [False, False]
    statements.refresh_statements()
    assert bytes(StatementVector.objects.get().vector) != bytes(first.vector)
    assert take_snapshot(POLICY, TODAY, model_hash=model_hash).us.has_text.tolist() == [True, False]
    assert take_snapshot(POLICY, TODAY, model_hash=None).us.has_text.tolist() == [False, False]
    assert take_snapshot(POLICY, TODAY, model_hash="another").us.has_text.tolist() == [False, False]


@pytest.mark.django_db
def test_both_languages_meet_in_one_space() -> None:
    encoder = embedding.embedder()
    assert encoder is not None
    bus, bus_zh, soil = encoder.embed(
        [
            "The city is electrifying its bus fleet.",
            "该市正在推进公交车队电动化。",
            "Farmers restore saline soil.",
        ]
    )
    assert bus @ bus_zh > 0.6 > bus @ soil
    assert np.linalg.norm([bus, bus_zh, soil], axis=1) == pytest.approx([1, 1, 1], abs=1e-5)


@pytest.mark.django_db
def test_a_model_that_fails_leaves_text_unknown_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    make_organization("us-a", summary_en=LONG)

    class Broken:
        model_hash = "broken"

        def embed(self, texts: list[str]) -> np.ndarray:
            raise MemoryError

    monkeypatch.setattr(statements, "embedder", Broken)
    assert statements.refresh_statements() is None
    monkeypatch.setattr(statements, "embedder", lambda: None)
    assert statements.refresh_statements() is None
    assert take_snapshot(POLICY, TODAY, model_hash=None).us.has_text.tolist() == [False]


@pytest.mark.django_db
def test_a_vector_of_another_length_is_refused_by_the_database() -> None:
    organization = make_organization("us-a")
    with pytest.raises(IntegrityError, match="matchmaking_statementvector_vector_length"):
        StatementVector.objects.create(
            organization=organization, text_hash="t", model_hash="m", vector=bytes(511)
        )


@pytest.mark.django_db(transaction=True)
def test_the_snapshot_sees_one_state_of_the_register() -> None:
    make_organization("us-a")
    with CaptureQueriesContext(connection) as captured:
        take_snapshot(POLICY, TODAY, model_hash=None)
    begin = [query["sql"] for query in captured][:2]
    assert begin == ["BEGIN", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"]
