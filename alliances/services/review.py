"""The states of an organization: one function a move, for one organization or for many.

draft > submitted > (changes_requested | on_hold >) approved > suspended | withdrawn; rejected

A reviewer decides on one organization with a rubric (`decide`). Imports that staff approve, and approving
many at once, ask for none: their staff vouch for the whole file or list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from alliances.enums import EventKind, OrganizationState, ReadyReason, TeamRole
from alliances.models import Assessment, Organization, TeamMember, User
from alliances.models.assessment import CRITERIA, HIGHEST_SCORE, PUBLISHES_FROM
from alliances.services import screening
from alliances.services.events import EventDraft, record
from alliances.services.history import record_history
from alliances.validators import validate_plain_text

S = OrganizationState


@dataclass(frozen=True)
class Move:
    """A move of the machine: from which states, to which, and which team roles may make it beside staff.

    One that `needs_reason` is not made without words for the organization to read.
    """

    to: OrganizationState
    sources: tuple[OrganizationState, ...]
    event: EventKind
    refusal: str | Promise
    roles: tuple[TeamRole, ...] = ()
    needs_reason: bool = False


SUBMIT = Move(
    S.SUBMITTED,
    (S.DRAFT, S.CHANGES_REQUESTED),
    EventKind.SUBMITTED,
    gettext_lazy("The state is '%(state)s'. Only these can be submitted: %(allowed)s."),
    (TeamRole.OWNER, TeamRole.EDITOR),
)
REQUEST_CHANGES = Move(
    S.CHANGES_REQUESTED,
    (S.SUBMITTED, S.ON_HOLD),
    EventKind.CHANGES_REQUESTED,
    gettext_lazy("The state is '%(state)s'. Changes can be requested only from these: %(allowed)s."),
    needs_reason=True,
)
PUT_ON_HOLD = Move(
    S.ON_HOLD,
    (S.SUBMITTED, S.CHANGES_REQUESTED),
    EventKind.PUT_ON_HOLD,
    gettext_lazy("The state is '%(state)s'. Only these can be put on hold: %(allowed)s."),
)
# Also the way back from a suspension.
APPROVE = Move(
    S.APPROVED,
    (S.SUBMITTED, S.CHANGES_REQUESTED, S.ON_HOLD, S.SUSPENDED),
    EventKind.APPROVED,
    gettext_lazy("The state is '%(state)s'. Only these can be approved: %(allowed)s."),
)
REJECT = Move(
    S.REJECTED,
    (S.SUBMITTED, S.CHANGES_REQUESTED, S.ON_HOLD),
    EventKind.REJECTED,
    gettext_lazy("The state is '%(state)s'. Only these can be rejected: %(allowed)s."),
    needs_reason=True,
)
SUSPEND = Move(
    S.SUSPENDED,
    (S.APPROVED,),
    EventKind.SUSPENDED,
    gettext_lazy("The state is '%(state)s'. Only these can be suspended: %(allowed)s."),
)
WITHDRAW = Move(
    S.WITHDRAWN,
    (S.SUBMITTED, S.CHANGES_REQUESTED, S.ON_HOLD, S.APPROVED, S.SUSPENDED),
    EventKind.WITHDRAWN,
    gettext_lazy("The state is '%(state)s'. Only these can be withdrawn: %(allowed)s."),
    (TeamRole.OWNER,),
)
# What a reviewer may decide, by name.
DECISIONS: Mapping[str, Move] = {
    "approve": APPROVE,
    "request_changes": REQUEST_CHANGES,
    "put_on_hold": PUT_ON_HOLD,
    "reject": REJECT,
}
REASON_LENGTH = 2000


class TransitionError(Exception):
    """The organization's state does not allow the move, or screening keeps it from being approved.

    The text says which states do, or what was found.
    """


class Rubric(NamedTuple):
    """A reviewer's scores, 0 to 5 each, in the order of `CRITERIA`: see `alliances.models.Assessment`."""

    advantages: int
    clarity: int
    cooperation: int
    correctness: int

    @property
    def total(self) -> int:
        """Of 20."""
        return sum(self)

    @property
    def publishes(self) -> bool:
        """Whether the organization may be approved: 10 points or more, and no criterion at 0."""
        return self.total >= PUBLISHES_FROM and min(self) > 0


SCREENING = "screening"


class Outcome(NamedTuple):
    """How many organizations moved, a sentence for each that did not, and how many of these by cause.

    A cause is the state that does not allow the move, or `SCREENING`; `skip_words` says it.
    """

    done: int
    skipped: list[str]
    causes: Counter[str]


def submit(organization: Organization, *, actor: User) -> None:
    """Hand a draft, or a profile changed on request, to review. Owners, editors, staff."""
    _move_one(SUBMIT, organization, actor, "")


def suspend(organization: Organization, *, actor: User, reason: str = "") -> None:
    """Take an approved organization out until it is approved again. Staff."""
    _move_one(SUSPEND, organization, actor, reason)


def withdraw(organization: Organization, *, actor: User, reason: str = "") -> None:
    """End taking part, by wish of the organization. Owners, staff."""
    _move_one(WITHDRAW, organization, actor, reason)


def decide(
    organization: Organization,
    move: Move,
    *,
    actor: User,
    rubric: Rubric | None = None,
    reason: str = "",
    reasons: Sequence[str] = (),
    note: str = "",
) -> None:
    """Approve, request changes, put on hold or reject, and keep the scores that were given. Staff.

    The organization reads the reason, and the ready `reasons` (codes of `ReadyReason`) in each reader's own
    language; either is a reason where the move needs one. The note is for staff.

    Raises:
        ValidationError: approval without a rubric, or with one that holds; a score, reason or note that is
            none; by field where there is one.
        TransitionError, PermissionDenied: as the move itself does.
    """
    if not (actor.is_active and actor.is_staff):
        raise PermissionDenied
    if rubric and not all(0 <= score <= HIGHEST_SCORE for score in rubric):
        raise ValidationError(
            _("A score is a number from 0 to %(highest)s."), params={"highest": HIGHEST_SCORE}
        )
    if move == APPROVE:
        _require_publishing(rubric)
    if note.strip() and rubric is None:
        raise ValidationError(
            {"note": _("A note is kept with scores. Score all four criteria, or empty it.")}
        )
    assessment = None
    if rubric:
        assessment = Assessment(
            organization=organization,
            **rubric._asdict(),
            decision=move.to,
            note=note.strip(),
            actor_id=actor.pk,
        )
        assessment.clean_fields(exclude=["organization"])
    _move_one(move, organization, actor, reason, reasons, assessment)


def criterion_label(name: str) -> str:
    """What a column of the rubric is called, in the reader's language."""
    return str(getattr(Assessment._meta.get_field(name), "verbose_name", name))


def _require_publishing(rubric: Rubric | None) -> None:
    if rubric is None:
        raise ValidationError(_("Score all four criteria before you approve."), code="rubric")
    if rubric.publishes:
        return
    if min(rubric) > 0:
        raise ValidationError(
            _(
                "The rubric gives %(total)s points, and approval needs %(least)s. Request changes, or put "
                "the organization on hold."
            ),
            params={"total": rubric.total, "least": PUBLISHES_FROM},
            code="rubric",
        )
    zeros = (name for name in CRITERIA if getattr(rubric, name) == 0)
    raise ValidationError(
        _("No criterion may have 0 points: %(criteria)s. Request changes, or put the organization on hold."),
        params={"criteria": _(", ").join(criterion_label(name) for name in zeros)},
        code="rubric",
    )


def may_withdraw(organization: Organization, actor: User) -> bool:
    """Whether this person, one of its owners, may end the organization's taking part now."""
    if organization.state not in WITHDRAW.sources:
        return False
    return organization.team_members.filter(user=actor, role__in=WITHDRAW.roles).exists()


def move_many(move: Move, organizations: Iterable[Organization], *, actor: User, reason: str = "") -> Outcome:
    """Make a move for each organization that can make it, and say why the others cannot. Staff.

    Asks for no rubric: staff vouch for all that they have chosen. One transaction, rows locked in id order,
    a fixed number of queries.
    """
    if not (actor.is_active and actor.is_staff):
        raise PermissionDenied
    return _move(move, [one.pk for one in organizations], actor, reason)


def _move_one(
    move: Move,
    organization: Organization,
    actor: User,
    reason: str,
    reasons: Sequence[str] = (),
    assessment: Assessment | None = None,
) -> None:
    """Make the move, keep its scores and bring the given object up to date.

    A hit that screening found on the way to an approval stays: somebody has to decide on it.

    Raises:
        TransitionError: the stored state does not allow it.
        ValidationError: no reason where the move needs one, or one that is no plain text.
        PermissionDenied: neither staff nor a team member whose role may.
    """
    if not _may(move, organization, actor):
        raise PermissionDenied
    with transaction.atomic():
        outcome = _move(move, [organization.pk], actor, reason, reasons)
        if assessment and not outcome.skipped:
            assessment.save(force_insert=True)
    if outcome.skipped:
        raise TransitionError(outcome.skipped[0])
    organization.refresh_from_db(fields=["state", "state_reason", "state_reasons", "updated_at"])


def _may(move: Move, organization: Organization, actor: User) -> bool:
    if not actor.is_active:
        return False
    own = TeamMember.objects.filter(organization=organization, user=actor, role__in=move.roles)
    return actor.is_staff or own.exists()


@transaction.atomic
def _move(move: Move, ids: list[int], actor: User, reason: str, reasons: Sequence[str] = ()) -> Outcome:
    if unknown := [code for code in reasons if code not in ReadyReason.values]:
        raise ValidationError({"reasons": _("'%(code)s' is no ready reason.") % {"code": unknown[0][:40]}})
    chosen = [code for code in ReadyReason.values if code in reasons]
    if move.needs_reason and not (reason.strip() or chosen):
        raise ValidationError({"reason": _("Say why: the organization reads it.")})
    try:
        validate_plain_text(reason)
    except ValidationError as error:
        raise ValidationError({"reason": error}) from error
    found = list(Organization.objects.filter(pk__in=ids).order_by("pk").select_for_update(no_key=True))
    moving = [one for one in found if one.state in move.sources]
    causes = Counter(one.state for one in found if one.state not in move.sources)
    skipped = [_refusal(move, state) for state in causes.elements()]
    if move == APPROVE:
        kept_out = screening.obstacles(moving)
        skipped += [kept_out[one.pk] for one in moving if one.pk in kept_out]
        causes += Counter({SCREENING: len(kept_out)})
        moving = [one for one in moving if one.pk not in kept_out]
    more: dict[str, object] = {"reasons": chosen} if chosen else {}
    events = [
        EventDraft(one.pk, move.event, {"from": one.state, "to": str(move.to), **more}) for one in moving
    ]
    now = timezone.now()
    for one in moving:
        one.state, one.state_reason, one.state_reasons = move.to, reason, chosen
        one.updated_at = now
    Organization.objects.filter(pk__in=[one.pk for one in moving]).update(
        state=move.to, state_reason=reason, state_reasons=chosen, updated_at=now
    )
    record_history(moving, "~", actor, reason)
    record(events, actor)
    if move == SUBMIT:
        screening.screen_organizations([one.pk for one in moving])
    return Outcome(len(moving), skipped, causes)


def skip_words(move: Move, cause: str) -> str:
    """Why organizations that a move of many left alone stay as they are, in the reader's language."""
    if cause == SCREENING:
        return _(
            "Screening keeps them from being approved: decide on their hits; a name that cannot be "
            "compared is to be mended, and a list that is too old to be imported anew."
        )
    return _refusal(move, cause)


def _refusal(move: Move, state: str) -> str:
    allowed = _(", ").join(str(source.label) for source in move.sources)
    return str(move.refusal) % {"state": OrganizationState(state).label, "allowed": allowed}
