"""Previews: a policy that is not in force, run in the shadow of the one that is."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from alliances.models import User
from matchmaking.enums import OPEN_RUN_STATES
from matchmaking.models import MatchRun, ScoringPolicy
from matchmaking.services import runs
from matchmaking.services.policies import active_policy


def preview_request(policy: ScoringPolicy, *, as_of: date | None = None, by: User | None = None) -> MatchRun:
    """Ask for lists of today's register under this policy, compared with the lists of the one in force.

    The workers make them as they make any run's, and nothing is recommended or replaced. Where one of this
    version is under way, that one. ValidationError where the policy is the one in force.
    """
    return preview_record(policy, preview_prepare(policy, as_of=as_of), by=by)


def preview_prepare(policy: ScoringPolicy, *, as_of: date | None = None) -> runs.PreparedRun | None:
    """The input of a preview, made outside of transactions; None where one of this version is under way.

    ValidationError where the policy is the one in force.
    """
    active = active_policy()
    if active == policy:
        raise ValidationError(
            _("%(policy)s is in force: there is nothing to compare it with.") % {"policy": policy}
        )
    return None if _under_way(policy).exists() else runs.prepare(policy, as_of=as_of, beside=active)


def preview_record(
    policy: ScoringPolicy, prepared: runs.PreparedRun | None, *, by: User | None = None
) -> MatchRun:
    """The preview of what `preview_prepare` prepared, or the one that is under way."""
    if prepared is None:
        # Should it have ended meanwhile, it is as new as what was asked for.
        return MatchRun.objects.previews().filter(policy=policy).latest("pk")
    try:
        with transaction.atomic():
            return runs.record(prepared, by=by)
    except IntegrityError:
        # Somebody else asked while the register was read.
        if run := _under_way(policy).first():
            return run
        raise


def _under_way(policy: ScoringPolicy) -> QuerySet[MatchRun]:
    return MatchRun.objects.previews().filter(policy=policy, state__in=OPEN_RUN_STATES)
