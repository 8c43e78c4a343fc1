"""What an alliance has besides its profile: patron agencies, members, and its line in the reference table."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alliances.enums import Country, MembershipState
from alliances.models.topic import InBothScripts, Topic


class Agency(InBothScripts):
    """A ministry or agency of either country, as patron of alliances."""

    slug = models.SlugField(_("slug"), max_length=40, unique=True)
    country = models.CharField(_("country"), max_length=2, choices=Country)
    abbreviation = models.CharField(_("abbreviation"), max_length=30, blank=True)
    role_en = models.TextField(_("role in English"), blank=True)
    group = models.CharField(_("group"), max_length=100, blank=True)
    verified = models.CharField(_("verified"), max_length=10, blank=True)

    class Meta:
        verbose_name = _("agency")
        verbose_name_plural = _("agencies")
        ordering = ["slug"]
        constraints = [
            models.CheckConstraint(
                condition=Q(country__in=Country.values), name="%(app_label)s_%(class)s_country_known"
            ),
        ]


class AlliancePatron(models.Model):
    """An agency that guides, endorses or registers an alliance."""

    alliance = models.ForeignKey(
        "alliances.Organization", verbose_name=_("alliance"), on_delete=models.CASCADE, related_name="patrons"
    )
    agency = models.ForeignKey(
        Agency, verbose_name=_("agency"), on_delete=models.PROTECT, related_name="alliances"
    )

    class Meta:
        verbose_name = _("patron agency")
        verbose_name_plural = _("patron agencies")
        ordering = ["agency__slug"]
        constraints = [
            models.UniqueConstraint(
                fields=["alliance", "agency"], name="%(app_label)s_%(class)s_agency_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agency_id} of {self.alliance_id}"


class AllianceMembership(models.Model):
    """An organization in an alliance. Not to be confused with a person's place in a team."""

    alliance = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("alliance"),
        on_delete=models.CASCADE,
        related_name="memberships",
    )
    member = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("member"),
        on_delete=models.CASCADE,
        related_name="alliance_memberships",
    )
    state = models.CharField(
        _("state"), max_length=10, choices=MembershipState, default=MembershipState.INVITED
    )
    since = models.DateTimeField(_("since"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("alliance membership")
        verbose_name_plural = _("alliance memberships")
        ordering = ["member__code"]
        constraints = [
            models.UniqueConstraint(
                fields=["alliance", "member"], name="%(app_label)s_%(class)s_member_once"
            ),
            models.CheckConstraint(
                condition=~Q(alliance=F("member")), name="%(app_label)s_%(class)s_not_of_itself"
            ),
            models.CheckConstraint(
                condition=Q(state__in=MembershipState.values), name="%(app_label)s_%(class)s_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.alliance_id}"


class ReferenceAlliance(models.Model):
    """An alliance known to us from print, whether or not it takes part."""

    name_en = models.CharField(_("name in English"), max_length=200, unique=True)
    name_zh = models.CharField(_("name in Chinese"), max_length=200, blank=True)
    country = models.CharField(_("country"), max_length=3, help_text=_("US, CN or INT for international."))
    founded = models.CharField(_("founded"), max_length=10, blank=True)
    patron_en = models.TextField(_("patron in English"), blank=True)
    patron_zh = models.TextField(_("patron in Chinese"), blank=True)
    remit_en = models.TextField(_("remit in English"), blank=True)
    members = models.CharField(_("members"), max_length=200, blank=True)
    topics = models.ManyToManyField(Topic, verbose_name=_("topics"), related_name="+", blank=True)
    note = models.TextField(_("note"), blank=True)
    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="reference_rows",
    )

    class Meta:
        verbose_name = _("reference alliance")
        verbose_name_plural = _("reference alliances")
        ordering = ["name_en"]
        constraints = [
            models.CheckConstraint(
                condition=Q(country__in=[*Country.values, "INT"]),
                name="%(app_label)s_%(class)s_country_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name_en
