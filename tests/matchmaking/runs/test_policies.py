"""Policies: versioned, one active, immutable once used, and refused with field, value and remedy."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from matchmaking import engine
from matchmaking.models import CurationEvent, ScoringPolicy
from matchmaking.services import policies
from tests.factories import make_user

RULES = engine.Policy.default().to_dict()


@pytest.mark.django_db
def test_the_standard_policy_makes_itself_once() -> None:
    first = policies.active_policy()
    assert (first.name, first.version, first.is_active) == ("standard", 1, True)
    assert policies.rules_of(first) == engine.Policy.default()
    assert policies.active_policy() == first
    ScoringPolicy.objects.update(is_active=False)
    with pytest.raises(ValidationError):
        policies.active_policy()


@pytest.mark.django_db
def test_a_new_version_is_not_active_until_it_is_activated() -> None:
    curator = make_user(is_staff=True)
    old = policies.active_policy()
    new = policies.policy_new_version("standard", {**RULES, "tau": 2.0}, note="slower", by=curator)
    assert (new.version, new.is_active, new.created_by) == (2, False, curator)
    assert policies.active_policy() == old
    policies.policy_activate(new, by=curator)
    assert policies.active_policy() == new
    assert policies.rules_of(policies.active_policy()).tau == 2.0
    assert list(ScoringPolicy.objects.filter(is_active=True)) == [new]
    kinds = CurationEvent.objects.filter(subject="policy").order_by("pk").values_list("kind", "actor_id")
    assert list(kinds) == [("version_made", curator.pk), ("activated", curator.pk)]


@pytest.mark.django_db
def test_the_database_holds_one_active_policy() -> None:
    policies.active_policy()
    with pytest.raises(IntegrityError, match="matchmaking_scoringpolicy_one_active"):
        ScoringPolicy.objects.create(name="other", rules=RULES, is_active=True)


@pytest.mark.django_db
def test_a_used_policy_stands() -> None:
    policy = policies.active_policy()
    policy.rules = {**RULES, "tau": 3.0}
    policy.save()
    policies.policy_used(policy)
    policy.refresh_from_db()
    used_at = policy.used_at
    assert used_at is not None
    policies.policy_used(policy)
    policy.refresh_from_db()
    assert policy.used_at == used_at
    policy.rules = {**RULES, "tau": 4.0}
    with pytest.raises(IntegrityError, match="was used by a run"), transaction.atomic():
        policy.save()


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"tau": 0}, "tau", "0"),
        ({"fusion": "sum"}, "fusion", "'sum'"),
        ({"colour": "blue"}, "colour", "'blue'"),
        ({"w0": float("nan")}, "w0", "nan"),
    ],
)
def test_rules_that_cannot_stand_name_field_value_and_remedy(
    change: dict[str, Any], field: str, value: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        policies.validate_rules({**RULES, **change})
    (message,) = refused.value.message_dict["rules"]
    assert message.startswith(f"{field} is {value}: ")
    assert len(message) > len(f"{field} is {value}: .")


@pytest.mark.django_db
def test_a_name_means_its_version_in_force_and_a_draft_only_where_none_was() -> None:
    first = policies.active_policy()
    second = policies.policy_new_version("standard", {**RULES, "tau": 2.0})
    assert policies.policy_named("standard") == first
    policies.policy_activate(second)
    policies.policy_new_version("standard", {**RULES, "tau": 3.0})
    assert policies.policy_named("standard") == second
    drafts = [policies.policy_new_version("gentle", {**RULES, "tau": tau}) for tau in (4.0, 5.0)]
    assert policies.policy_named("gentle") == drafts[1]
    policies.policy_activate(drafts[0])
    policies.policy_activate(first)
    assert policies.policy_named("gentle") == drafts[0]
    assert policies.policy_named("standard") == first


@pytest.mark.django_db
def test_a_form_sent_twice_makes_one_version() -> None:
    first = policies.active_policy()
    curator = make_user(is_staff=True)
    stated = {**RULES, "tau": 2.0}
    made = policies.policy_new_version("standard", stated, note="slower", by=curator)
    assert policies.policy_new_version("standard", stated, note="slower", by=curator) == made
    others = [
        policies.policy_new_version("standard", stated, note="slower", by=make_user(is_staff=True)),
        policies.policy_new_version("standard", stated, note="slower still", by=curator),
        policies.policy_new_version("standard", {**RULES, "tau": 3.0}, note="slower still", by=curator),
    ]
    policies.policy_activate(others[-1])
    # What was in force is a new statement, as a way back.
    again = policies.policy_new_version("standard", {**RULES, "tau": 3.0}, note="slower still", by=curator)
    assert [one.version for one in (first, made, *others, again)] == [1, 2, 3, 4, 5, 6]


@pytest.mark.django_db
def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(ValidationError, match="nobody"):
        policies.policy_named("nobody")
