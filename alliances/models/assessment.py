"""What a reviewer found of an organization: the rubric of four criteria, and what was decided with it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alliances.enums import OrganizationState
from alliances.validators import validate_plain_text

HIGHEST_SCORE = 5
# So many points of twenty, and none of the four 0, publish; anything less holds.
PUBLISHES_FROM = 10
NOTE_LENGTH = 500
CRITERIA = ("advantages", "clarity", "cooperation", "correctness")
DECIDED = (
    OrganizationState.APPROVED,
    OrganizationState.CHANGES_REQUESTED,
    OrganizationState.ON_HOLD,
    OrganizationState.REJECTED,
)


def _in_range(criterion: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        condition=Q(**{f"{criterion}__range": (0, HIGHEST_SCORE)}),
        name=f"%(app_label)s_%(class)s_{criterion}_range",
    )


class Assessment(models.Model):
    """One review with its scores, 0 to 5 each. Insert-only, by a trigger; only a note may be blackened.

    The criteria are those by which the Enterprise Europe Network reviews a partnering profile (`domain.md`
    5.1: advantages and innovation, clarity, cooperation expectations, guideline and language correctness).
    """

    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.PROTECT,
        related_name="assessments",
    )
    advantages = models.PositiveSmallIntegerField(
        _("advantages and innovation"), help_text=_("What a partner gains, and what is new in it.")
    )
    clarity = models.PositiveSmallIntegerField(
        _("clarity"), help_text=_("Needs and offers can be understood and measured.")
    )
    cooperation = models.PositiveSmallIntegerField(
        _("cooperation expectations"), help_text=_("It says whom it looks for, and for what kind of work.")
    )
    correctness = models.PositiveSmallIntegerField(
        _("guidelines and language"), help_text=_("Identity and evidence are shown; the texts are in order.")
    )
    decision = models.CharField(_("decision"), max_length=20, choices=OrganizationState)
    note = models.CharField(_("note"), max_length=NOTE_LENGTH, blank=True, validators=[validate_plain_text])
    # A plain id: the row outlives the person.
    actor_id = models.BigIntegerField(_("decided by"))
    at = models.DateTimeField(_("at"), db_default=Now())

    class Meta:
        verbose_name = _("assessment")
        verbose_name_plural = _("assessments")
        ordering = ["-pk"]
        constraints = [
            *map(_in_range, CRITERIA),
            models.CheckConstraint(
                condition=Q(decision__in=DECIDED), name="%(app_label)s_%(class)s_decision_known"
            ),
            models.CheckConstraint(
                condition=~Q(decision=OrganizationState.APPROVED)
                | Q(**{f"{criterion}__gte": 1 for criterion in CRITERIA})
                & Q(advantages__gte=PUBLISHES_FROM - F("clarity") - F("cooperation") - F("correctness")),
                name="%(app_label)s_%(class)s_approved_by_rubric",
            ),
        ]

    def __str__(self) -> str:
        return f"assessment {self.pk} of {self.organization_id}"

    @property
    def total(self) -> int:
        """Of 20."""
        return self.advantages + self.clarity + self.cooperation + self.correctness
