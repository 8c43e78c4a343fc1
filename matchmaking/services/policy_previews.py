"""Previews: a policy that is not in force, run in the shadow of the one that is."""

from __future__ import annotations

from datetime import date

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
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
    active = active_policy()
    if active == policy:
        raise ValidationError(
            _("%(policy)s is in force: there is nothing to compare it with.") % {"policy": policy}
        )
    under_way = MatchRun.objects.previews().filter(policy=policy, state__in=OPEN_RUN_STATES)
    if run := under_way.first():
        return run
    prepared = runs.prepare(policy, as_of=as_of, beside=active)
    try:
        with transaction.atomic():
            return runs.record(prepared, by=by)
    except IntegrityError:
        # Somebody else asked while the register was read.
        if run := under_way.first():
            return run
        raise
