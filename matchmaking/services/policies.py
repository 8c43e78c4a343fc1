"""Scoring policies: versions are made and activated here; one that a run used never changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from alliances.models import User
from matchmaking import engine
from matchmaking.models import CurationEvent, ScoringPolicy
from matchmaking.wording import policy as wording

STANDARD = "standard"
# The key of the advisory lock of whoever numbers a version or changes which one is active.
POLICY_LOCK = 20261126


# One number or word of the rules under its path, `weights.city.needs_met` or `reach_people.0`.
Flat = dict[str, Any]


@dataclass(frozen=True)
class RuleField:
    """What one number or word of the rules may be: a number within `range`, or one of `words`."""

    path: str
    range: engine.Range | None
    words: tuple[str, ...]

    @property
    def remedy(self) -> str:
        """What number to give, as a sentence; empty for a word."""
        return wording.remedy_sentence(self.range.remedy, self.range.params) if self.range else ""

    def problem(self, value: object) -> str:
        """What is wrong with a number, as a sentence; empty where nothing is."""
        try:
            if self.range is not None:
                self.range.check(self.path, value)
        except engine.PolicyError as error:
            return _sentence(error)
        return ""


def rule_fields() -> list[RuleField]:
    """Every number and word of the rules, in the order of the engine."""
    found = []
    for path in flat_rules(engine.Policy.default().to_dict()):
        name = path.split(".")[0]
        found.append(RuleField(path, engine.RANGES.get(name), engine.WORDS.get(name, ())))
    return found


def flat_rules(rules: Mapping[str, Any]) -> Flat:
    """The rules as one level of paths."""
    flat: Flat = {}
    for name, value in rules.items():
        inner = dict(enumerate(value)) if isinstance(value, list) else value
        if isinstance(inner, Mapping):
            flat |= {f"{name}.{path}": leaf for path, leaf in flat_rules(_keyed(inner)).items()}
        else:
            flat[name] = inner
    return flat


def _keyed(mapping: Mapping[Any, Any]) -> dict[str, Any]:
    return {str(key): value for key, value in mapping.items()}


def nested_rules(flat: Mapping[str, Any]) -> dict[str, Any]:
    """What `flat_rules` made one level of."""
    rules: dict[str, Any] = {}
    for path, value in flat.items():
        *above, last = path.split(".")
        place = rules
        for name in above:
            place = place.setdefault(name, {})
        place[last] = value
    for name, value in rules.items():
        if isinstance(value, dict) and "0" in value:
            rules[name] = list(value.values())
    return rules


def rules_differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Path, old and new value of whatever differs, in the order of the engine."""
    before, after = flat_rules(old), flat_rules(new)
    paths = dict.fromkeys([*before, *after])
    return [
        (path, before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)
    ]


def rules_problems(rules: Mapping[str, Any]) -> dict[str, str]:
    """What keeps these complete rules from being a version: a sentence by path or by the path's beginning."""
    problems = {error.field: _sentence(error) for error in engine.Policy.problems(rules)}
    if not any(path.startswith("weights") for path in problems):
        for kind, row in rules["weights"].items():
            if not sum(row.values()):
                problems[f"weights.{kind}"] = _(
                    "The weights of %(kind)s sum to 0, so that all their pairs would score the same: give at "
                    "least one of them above 0."
                ) % {"kind": wording.OF_KIND[kind]}
    return problems


def _sentence(error: engine.PolicyError) -> str:
    value = error.value
    shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
    if isinstance(value, Mapping):
        shown = ", ".join(str(one) for one in value.values())
    return _("%(value)s cannot stand: %(remedy)s.") % {
        "value": shown,
        "remedy": wording.remedy(error.template, error.params),
    }


def rules_of(policy: ScoringPolicy) -> engine.Policy:
    """The stored rules as the engine's policy; ValidationError names field, value and remedy."""
    return validate_rules(policy.rules)


def validate_rules(rules: object) -> engine.Policy:
    """The rules as the engine's policy; ValidationError on `rules` names field, value and remedy."""
    try:
        return engine.Policy.from_dict(rules)
    except engine.PolicyError as error:
        message = _("%(field)s is %(value)s: %(remedy)s.") % {
            "field": error.field,
            "value": repr(error.value),
            "remedy": wording.remedy(error.template, error.params),
        }
        raise ValidationError({"rules": [message]}) from error


def active_policy() -> ScoringPolicy:
    """The policy in force. Where there is none of any name, "standard" version 1 is made and put in force.

    ValidationError where there are policies and none is in force.
    """
    active = ScoringPolicy.objects.filter(is_active=True).first()
    if active is None and not ScoringPolicy.objects.exists():
        active, _made = ScoringPolicy.objects.get_or_create(
            name=STANDARD, version=1, defaults={"rules": engine.Policy.default().to_dict(), "is_active": True}
        )
    if active is None:
        raise ValidationError(_("No scoring policy is active. Activate one."))
    return active


def rules_in_force() -> tuple[str, engine.Policy]:
    """Name and rules of the active policy; where none is active, the standard ones. Writes nothing."""
    active = ScoringPolicy.objects.filter(is_active=True).first()
    return (active.name, rules_of(active)) if active else (STANDARD, engine.Policy.default())


def policy_named(name: str) -> ScoringPolicy:
    """The newest version of the policy of that name; ValidationError where there is none."""
    policy = ScoringPolicy.objects.filter(name=name).order_by("-version").first()
    if policy is None:
        raise ValidationError(_("There is no scoring policy named “%(name)s”.") % {"name": name})
    return policy


def policy_new_version(name: str, rules: object, *, note: str = "", by: User | None = None) -> ScoringPolicy:
    """A new version of a policy (the first one of a new name), not yet active.

    ValidationError for rules that cannot stand, and for a kind of seeker whose weights are all 0.
    """
    checked = validate_rules(rules)
    if problems := rules_problems(checked.to_dict()):
        raise ValidationError({"rules": list(problems.values())})
    with transaction.atomic():
        # Two editors at once: the second waits for the first and takes the next number.
        _change_alone()
        newest = ScoringPolicy.objects.filter(name=name).aggregate(newest=Max("version"))["newest"] or 0
        policy = ScoringPolicy(
            name=name, version=newest + 1, rules=checked.to_dict(), note=note, created_by=by
        )
        policy.full_clean(validate_constraints=False)
        policy.save()
        _record(policy, "version_made", by)
    return policy


def policy_activate(policy: ScoringPolicy, *, by: User | None = None) -> None:
    """Put this version in force for the runs to come, in place of the one before."""
    rules_of(policy)
    with transaction.atomic():
        _change_alone()
        for other in ScoringPolicy.objects.filter(is_active=True).exclude(pk=policy.pk):
            other.is_active = False
            other.save(update_fields=["is_active"])
        policy.is_active = True
        policy.save(update_fields=["is_active"])
        _record(policy, "activated", by)


def policy_used(policy: ScoringPolicy) -> None:
    """From now on this version stands as it is; called by the run that takes it, in its transaction."""
    ScoringPolicy.objects.filter(pk=policy.pk, used_at__isnull=True).update(used_at=Now())


def _change_alone() -> None:
    """Wait for whoever else changes policies; until the end of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [POLICY_LOCK])


def _record(policy: ScoringPolicy, kind: str, by: User | None) -> None:
    CurationEvent.objects.create(
        subject="policy",
        subject_id=policy.pk,
        kind=kind,
        actor_id=by.pk if by else None,
        data={"name": policy.name, "version": policy.version},
    )
