"""What only firms or only alliances state besides the profile that all kinds have."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alliances.enums import Ownership
from alliances.models.organization import NAME_LENGTH
from alliances.validators import validate_plain_name, validate_plain_text

CHARTER_LENGTH = 2000


class FirmDetails(models.Model):
    """Registration numbers and owners of a firm: for staff, screening and the finder of duplicates, never
    shown."""

    organization = models.OneToOneField(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="firm_details",
        primary_key=True,
    )
    # As `alliances.identifiers` normalises them.
    credit_code = models.CharField(_("unified social credit code"), max_length=18, blank=True, db_index=True)
    ein = models.CharField(_("EIN"), max_length=10, blank=True, db_index=True)
    uei = models.CharField(_("UEI"), max_length=12, blank=True, db_index=True)
    ownership = models.CharField(_("ownership"), max_length=12, choices=Ownership, blank=True)
    # Who owns 50 % or more, alone or together with others named here. Screened like the firm's own names.
    owners = ArrayField(
        models.CharField(max_length=NAME_LENGTH, validators=[validate_plain_name]),
        verbose_name=_("owners of half or more"),
        default=list,
        blank=True,
    )

    class Meta:
        verbose_name = _("firm details")
        verbose_name_plural = _("firm details")
        constraints = [
            models.CheckConstraint(
                condition=Q(ownership__in=[*Ownership.values, ""]),
                name="%(app_label)s_%(class)s_ownership_known",
            ),
            models.CheckConstraint(
                condition=Q(credit_code="") | Q(credit_code__regex=r"^[0-9A-HJ-NPQRTUWXY]{18}$"),
                name="%(app_label)s_%(class)s_credit_code_form",
            ),
            models.CheckConstraint(
                condition=Q(ein="") | Q(ein__regex=r"^[0-9]{2}-[0-9]{7}$"),
                name="%(app_label)s_%(class)s_ein_form",
            ),
            models.CheckConstraint(
                condition=Q(uei="") | Q(uei__regex=r"^[1-9A-HJ-NP-Z][0-9A-HJ-NP-Z]{11}$"),
                name="%(app_label)s_%(class)s_uei_form",
            ),
        ]

    def __str__(self) -> str:
        return f"details of {self.organization_id}"


class FirmReference(models.Model):
    """A project that a firm names as proof of what it offers."""

    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="references",
    )
    title = models.CharField(_("project"), max_length=200, validators=[validate_plain_name])
    place = models.CharField(_("place"), max_length=100, blank=True, validators=[validate_plain_name])
    year = models.PositiveSmallIntegerField(_("year"), null=True, blank=True)
    website = models.URLField(_("website"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("reference")
        verbose_name_plural = _("references")
        ordering = ["-year", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(year__isnull=True) | Q(year__range=(1900, 2999)),
                name="%(app_label)s_%(class)s_year_range",
            ),
        ]

    def __str__(self) -> str:
        return f"reference {self.pk} of {self.organization_id}"


class AllianceDetails(models.Model):
    """How an alliance is set up."""

    organization = models.OneToOneField(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="alliance_details",
        primary_key=True,
    )
    secretariat = models.CharField(
        _("secretariat"), max_length=200, blank=True, validators=[validate_plain_name]
    )
    charter = models.TextField(
        _("charter"), max_length=CHARTER_LENGTH, blank=True, validators=[validate_plain_text]
    )

    class Meta:
        verbose_name = _("alliance details")
        verbose_name_plural = _("alliance details")

    def __str__(self) -> str:
        return f"details of {self.organization_id}"
