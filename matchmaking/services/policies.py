"""Scoring policies: versions are made and activated here; one that a run used never changes."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from alliances.models import User
from matchmaking import engine
from matchmaking.models import CurationEvent, ScoringPolicy

STANDARD = "standard"
# The key of the advisory lock of whoever numbers a version or changes which one is active.
POLICY_LOCK = 20261126


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
            "remedy": error.remedy,
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
    """A new version of a policy (the first one of a new name), not yet active."""
    checked = validate_rules(rules)
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
