"""Scoring policies: versions are made and activated here; one that a run used never changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from alliances.importing.problems import shown
from alliances.models import User
from alliances.validators import validate_plain_text
from matchmaking import engine
from matchmaking.models import CurationEvent, ScoringPolicy
from matchmaking.selectors.runs import fresh_preview
from matchmaking.wording import policy as wording

log = structlog.get_logger(__name__)

STANDARD = "standard"
# The key of the advisory lock of whoever numbers a version or changes which one is active.
POLICY_LOCK = 20261126
REASON_LENGTH = 500


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


def standard_rules() -> dict[str, Any]:
    """The rules of the first version of all."""
    return engine.Policy.default().to_dict()


def rule_fields() -> list[RuleField]:
    """Every number and word of the rules, in the order of the engine."""
    found = []
    for path in flat_rules(standard_rules()):
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
    paths = [one.path for one in rule_fields()]  # as stored, the order is the database's
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


def rules_faults(rules: object) -> dict[str, str]:
    """As `rules_problems`, of whatever somebody sent: of what is not complete, the first fault alone."""
    try:
        policy = engine.Policy.from_dict(rules)
    except engine.PolicyError as error:
        names = standard_rules().keys()
        is_complete = isinstance(rules, Mapping) and rules.keys() == names
        faults = engine.Policy.problems(rules) if is_complete else [error]  # type: ignore[arg-type]
        return {fault.field: _stated(fault) for fault in faults}
    return rules_problems(policy.to_dict())


def _stated(error: engine.PolicyError) -> str:
    return _("%(field)s is %(value)s: %(remedy)s.") % {
        "field": shown(error.field),
        "value": shown(repr(error.value)),
        "remedy": wording.remedy(error.template, error.params),
    }


def _sentence(error: engine.PolicyError) -> str:
    value = error.value
    several = value.values() if isinstance(value, Mapping) else value
    numbers = several if isinstance(several, Iterable) and not isinstance(several, str) else [several]
    shown = ", ".join(wording.rule_value(error.field, number) for number in numbers)
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
        raise ValidationError({"rules": [_stated(error)]}) from error


def active_policy() -> ScoringPolicy:
    """The policy in force. Where there is none of any name, "standard" version 1 is made and put in force.

    ValidationError where there are policies and none is in force.
    """
    active = ScoringPolicy.objects.filter(is_active=True).first()
    if active is None and not ScoringPolicy.objects.exists():
        active, _made = ScoringPolicy.objects.get_or_create(
            name=STANDARD,
            version=1,
            defaults={
                "rules": standard_rules(),
                "is_active": True,
                "activated_at": timezone.now(),
            },
        )
    if active is None:
        raise ValidationError(_("No scoring policy is active. Activate one."))
    return active


def rules_in_force() -> tuple[str, engine.Policy]:
    """Name and rules of the active policy; where none is active, the standard ones. Writes nothing."""
    active = ScoringPolicy.objects.filter(is_active=True).first()
    return (active.name, rules_of(active)) if active else (STANDARD, engine.Policy.default())


def policy_named(name: str) -> ScoringPolicy:
    """The version of that name that is or was last in force; where none was, the newest.

    ValidationError where there is none of that name.
    """
    last_in_force = F("activated_at").desc(nulls_last=True)
    versions = ScoringPolicy.objects.filter(name=name)
    policy = versions.order_by("-is_active", last_in_force, "-version").first()
    if policy is None:
        raise ValidationError(_("There is no scoring policy named “%(name)s”.") % {"name": name})
    return policy


def policy_new_version(name: str, rules: object, *, note: str = "", by: User | None = None) -> ScoringPolicy:
    """A new version of a policy (the first one of a new name), not yet active.

    What the same person has just stated of the newest version, never in force, is that version again: a form
    sent twice makes one. ValidationError for rules that cannot stand, and for a kind of seeker whose weights
    are all 0.
    """
    checked = validate_rules(rules)
    if problems := rules_problems(checked.to_dict()):
        raise ValidationError({"rules": list(problems.values())})
    with transaction.atomic():
        # Two editors at once: the second waits for the first and takes the next number.
        _change_alone()
        newest = ScoringPolicy.objects.filter(name=name).order_by("-version").first()
        stated = {"rules": checked.to_dict(), "note": note, "created_by": by}
        if (
            by
            and newest
            and not newest.activated_at
            and all(getattr(newest, k) == v for k, v in stated.items())
        ):
            return newest
        policy = ScoringPolicy(name=name, version=newest.version + 1 if newest else 1, **stated)
        policy.full_clean(validate_constraints=False)
        policy.save()
        _record(policy, "version_made", by)
    return policy


def policy_activate(policy: ScoringPolicy, *, by: User | None = None, **data: object) -> None:
    """Put this version in force for the runs to come, in place of the one before. `data` joins the audit row.

    Whoever publishes asks `policy_publish`, which wants a preview.
    """
    rules_of(policy)
    with transaction.atomic():
        _change_alone()
        for other in ScoringPolicy.objects.filter(is_active=True).exclude(pk=policy.pk):
            other.is_active = False
            other.save(update_fields=["is_active"])
        policy.is_active, policy.scheduled_for, policy.activated_at = True, None, timezone.now()
        policy.save(update_fields=["is_active", "scheduled_for", "activated_at"])
        _record(policy, "activated", by, **data)


def policy_publish(policy: ScoringPolicy, *, reason: str = "", by: User | None = None) -> None:
    """Put a version in force that was previewed within a day, or without that for a reason, which is kept.

    ValidationError where there is neither, and where it is in force already.
    """
    with transaction.atomic():
        preview = _decided(policy, reason)
        policy_activate(policy, by=by, preview=preview)


def policy_schedule(policy: ScoringPolicy, at: datetime, *, reason: str = "", by: User | None = None) -> None:
    """Have a version come into force by itself at this moment, under the conditions of `policy_publish`.

    ValidationError, also for a moment that has passed. A moment given before is given up.
    """
    if at <= timezone.now():
        raise ValidationError({"at": [_("%(at)s UTC has passed: give a time to come.") % {"at": _utc(at)}]})
    with transaction.atomic():
        preview = _decided(policy, reason)
        policy.scheduled_for = at
        policy.save(update_fields=["scheduled_for"])
        _record(policy, "scheduled", by, preview=preview, at=at.isoformat())


def policy_unschedule(policy: ScoringPolicy, *, by: User | None = None) -> None:
    """Leave a version unpublished that was to come into force. ValidationError where it was not."""
    with transaction.atomic():
        current = _locked(policy)
        if current.scheduled_for is None:
            raise ValidationError(_("%(policy)s is not scheduled.") % {"policy": policy})
        _take_from_schedule(policy, by)


def policy_roll_back(policy: ScoringPolicy, *, by: User | None = None) -> None:
    """Put a version in force again that was before; what it does is known, so no preview is asked for.

    ValidationError where it never was in force, or is now.
    """
    with transaction.atomic():
        current = _locked(policy)
        if current.is_active:
            raise ValidationError(_("%(policy)s is in force already.") % {"policy": policy})
        if current.activated_at is None:
            raise ValidationError(
                _("%(policy)s was never in force: preview and publish it.") % {"policy": policy}
            )
        policy_activate(policy, by=by, rolled_back=True)


def publish_due() -> int:
    """The sweeper's part: put in force whatever was scheduled for now or before; returns how many.

    Of several the one scheduled last stays. Two sweepers do it once. One whose rules can no longer stand is
    taken from the schedule, and holds up no other.
    """
    due = ScoringPolicy.objects.filter(scheduled_for__lte=Now()).order_by("scheduled_for", "pk")
    if not due.exists():
        return 0
    with transaction.atomic():
        _change_alone()
        published = 0
        for policy in due.all():
            try:
                policy_activate(policy, scheduled=True)
            except ValidationError as error:
                log.error("scheduled_policy_cannot_stand", policy=policy.pk, why=error.messages)
                _take_from_schedule(policy, None, cannot_stand=True)
            else:
                published += 1
    return published


def _take_from_schedule(policy: ScoringPolicy, by: User | None, **data: object) -> None:
    policy.scheduled_for = None
    policy.save(update_fields=["scheduled_for"])
    _record(policy, "unscheduled", by, **data)


def version_before() -> ScoringPolicy | None:
    """The version that was in force before the one that is; None where there was none."""
    earlier = ScoringPolicy.objects.filter(is_active=False, activated_at__isnull=False)
    return earlier.order_by("-activated_at", "-pk").first()


def _locked(policy: ScoringPolicy) -> ScoringPolicy:
    """The version as it is now; nobody else changes any until the transaction ends."""
    _change_alone()
    return ScoringPolicy.objects.get(pk=policy.pk)


def _decided(policy: ScoringPolicy, reason: str) -> int | None:
    """The run of the preview that publishing rests on; where there is none, the reason is kept."""
    if _locked(policy).is_active:
        raise ValidationError(_("%(policy)s is in force already.") % {"policy": policy})
    preview, reason = fresh_preview(policy), reason.strip()
    if preview is not None:
        reason = ""
    elif not 0 < len(reason) <= REASON_LENGTH:
        message = _(
            "There is no preview of %(policy)s on a register of at most a day ago: preview it, or give a "
            "reason of at most %(limit)s characters for publishing it without."
        )
        raise ValidationError({"reason": [message % {"policy": policy, "limit": REASON_LENGTH}]})
    try:
        validate_plain_text(reason)
    except ValidationError as error:
        raise ValidationError({"reason": error}) from error
    if policy.skip_reason != reason:
        policy.skip_reason = reason
        policy.save(update_fields=["skip_reason"])
    return preview.pk if preview else None


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M}"


def policy_used(policy: ScoringPolicy) -> None:
    """From now on this version stands as it is; called by the run that takes it, in its transaction."""
    ScoringPolicy.objects.filter(pk=policy.pk, used_at__isnull=True).update(used_at=Now())


def _change_alone() -> None:
    """Wait for whoever else changes policies; until the end of the caller's transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [POLICY_LOCK])


def _record(policy: ScoringPolicy, kind: str, by: User | None, **data: object) -> None:
    CurationEvent.objects.create(
        subject="policy",
        subject_id=policy.pk,
        kind=kind,
        actor_id=by.pk if by else None,
        data={"name": policy.name, "version": policy.version, **data},
    )
