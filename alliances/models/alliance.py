"""What an alliance has besides its profile: patron agencies, members and the ways to become one, and its line
in the reference table."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from alliances.enums import Country, MembershipSide, MembershipState, OrganizationState
from alliances.models.topic import InBothScripts, Topic, reads_chinese

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from alliances.models.account import User

LINK_LIFE = timedelta(days=90)
# Organizations of which others have never been told: staff have not approved them.
UNLISTED = (
    OrganizationState.DRAFT,
    OrganizationState.SUBMITTED,
    OrganizationState.CHANGES_REQUESTED,
    OrganizationState.ON_HOLD,
    OrganizationState.REJECTED,
)


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


class AllianceMembershipQuerySet(models.QuerySet["AllianceMembership"]):
    def waiting(self) -> AllianceMembershipQuerySet:
        """Those for which one side has given its word and the other has not."""
        return self.filter(state=MembershipState.INVITED)

    def visible_to(self, user: User | AnonymousUser) -> AllianceMembershipQuerySet:
        """Staff see all, teams those of their own organization. Neither side learns of one never approved."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self
        teams = user.team_memberships.values("organization_id")
        ours = Q(alliance__in=teams) & ~Q(member__state__in=UNLISTED)
        theirs = Q(member__in=teams) & ~Q(alliance__state__in=UNLISTED)
        return self.filter(ours | theirs)


class AllianceMembership(models.Model):
    """An organization in an alliance. Not to be confused with a person's place in a team.

    It stands by the word of both sides: `waits_for` is the one whose word an invited one still lacks.
    """

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
    waits_for = models.CharField(_("waits for"), max_length=10, choices=MembershipSide, blank=True)
    since = models.DateTimeField(_("since"), db_default=Now(), editable=False)

    objects: ClassVar[AllianceMembershipQuerySet] = AllianceMembershipQuerySet.as_manager()  # type: ignore[assignment]

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
            models.CheckConstraint(
                condition=Q(state="invited", waits_for__in=MembershipSide.values)
                | (~Q(state="invited") & Q(waits_for="")),
                name="%(app_label)s_%(class)s_waits_iff_invited",
                violation_error_message=_(
                    "An invited membership says whose word it waits for; any other waits for nobody's."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} in {self.alliance_id}"


class AllianceLinkQuerySet(models.QuerySet["AllianceLink"]):
    def open(self) -> AllianceLinkQuerySet:
        """Those that have not run out, of alliances that take part."""
        return self.filter(expires_at__gt=Now(), alliance__state=OrganizationState.APPROVED)


class AllianceLink(models.Model):
    """The current link by which organizations ask to join an alliance. Whoever has it may hand it on."""

    alliance = models.OneToOneField(
        "alliances.Organization", verbose_name=_("alliance"), on_delete=models.CASCADE, related_name="link"
    )
    token = models.CharField(_("token"), max_length=40, unique=True)
    made_at = models.DateTimeField(pgettext_lazy("of a link", "made at"), db_default=Now(), editable=False)
    expires_at = models.DateTimeField(_("expires at"))

    objects: ClassVar[AllianceLinkQuerySet] = AllianceLinkQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("invitation link of an alliance")
        verbose_name_plural = _("invitation links of alliances")
        # Whoever reads the token can use it. The desk has no page of them.
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="%(app_label)s_%(class)s_runs_out_later"
            ),
        ]

    def __str__(self) -> str:
        return f"link of {self.alliance_id}"


class AllianceAddress(models.Model):
    """An address that an alliance has written to, so that it writes there only once."""

    alliance = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("alliance"),
        on_delete=models.CASCADE,
        related_name="addresses",
    )
    email = models.EmailField(_("email"), max_length=254)
    written_at = models.DateTimeField(_("written at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("address that an alliance has written to")
        verbose_name_plural = _("addresses that alliances have written to")
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["alliance", "email"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(email=Lower("email")), name="%(app_label)s_%(class)s_email_lower_case"
            ),
        ]

    def __str__(self) -> str:
        return f"address {self.pk} of {self.alliance_id}"


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

    @property
    def name(self) -> str:
        """The name in the reader's language, where there is one."""
        return self.name_zh if reads_chinese() and self.name_zh else self.name_en

    @property
    def patrons(self) -> str:
        """Who endorses it, as it is printed, in the reader's language where that is known."""
        return self.patron_zh if reads_chinese() and self.patron_zh else self.patron_en
