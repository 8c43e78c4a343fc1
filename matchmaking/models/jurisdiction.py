"""Rules of law on ties between the two countries: dated, cited, kept by staff. Not legal advice."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from alliances.enums import Country, Kind, PartnershipType, Subtype
from alliances.models.organization import known_values
from alliances.models.topic import reads_chinese
from alliances.validators import validate_plain_text
from matchmaking.enums import RuleVerdict

# What of an organization a rule may ask for.
ASKED = ("kind", "subtype", "region")


class JurisdictionRuleQuerySet(models.QuerySet["JurisdictionRule"]):
    def in_force(self, on: date) -> JurisdictionRuleQuerySet:
        """Those that hold on this day, the first and the last one included."""
        return self.filter(Q(begins_on=None) | Q(begins_on__lte=on), Q(ends_on=None) | Q(ends_on__gte=on))

    def blocking(self, on: date) -> JurisdictionRuleQuerySet:
        """Those that block every kind of tie on this day: the pairs they concern are not to be made."""
        return self.in_force(on).filter(verdict=RuleVerdict.BLOCKED, tie="").order_by()


class JurisdictionRule(models.Model):
    """What holds for one kind of tie, or for all, between some American and some Chinese organizations."""

    slug = models.SlugField(_("short name"), max_length=60, unique=True)
    us_region = models.CharField(_("US state"), max_length=100, blank=True, help_text=_("Empty: anywhere."))
    us_kind = models.CharField(_("kind of US organization"), max_length=10, choices=Kind, blank=True)
    us_subtype = models.CharField(_("subtype of US organization"), max_length=20, choices=Subtype, blank=True)
    cn_region = models.CharField(
        _("Chinese province"), max_length=100, blank=True, help_text=_("Empty: anywhere.")
    )
    cn_kind = models.CharField(_("kind of Chinese organization"), max_length=10, choices=Kind, blank=True)
    cn_subtype = models.CharField(
        _("subtype of Chinese organization"), max_length=20, choices=Subtype, blank=True
    )
    tie = models.CharField(
        _("kind of tie"),
        max_length=30,
        choices=PartnershipType,
        blank=True,
        help_text=_("Empty: every kind. A pair is recommended to nobody where every kind is blocked."),
    )
    verdict = models.CharField(_("verdict"), max_length=12, choices=RuleVerdict)
    begins_on = models.DateField(
        _("first day"), null=True, blank=True, help_text=_("Empty: since before the register began.")
    )
    ends_on = models.DateField(
        _("last day"), null=True, blank=True, help_text=_("Empty: until further notice.")
    )
    explanation_en = models.TextField(_("explanation in English"), validators=[validate_plain_text])
    explanation_zh = models.TextField(_("explanation in Chinese"), validators=[validate_plain_text])
    other_form_en = models.TextField(
        _("other form in English"),
        blank=True,
        validators=[validate_plain_text],
        help_text=_("What the two may do instead."),
    )
    other_form_zh = models.TextField(_("other form in Chinese"), blank=True, validators=[validate_plain_text])
    citation = models.CharField(_("citation"), max_length=200, validators=[validate_plain_text])
    citation_url = models.URLField(_("address of the source"), max_length=300, blank=True)
    is_verified = models.BooleanField(
        _("verified"),
        default=False,
        help_text=_("A lawyer has read it. Until then readers are told to verify it before use."),
    )
    note = models.TextField(
        _("note"), blank=True, validators=[validate_plain_text], help_text=_("For staff: what is in doubt.")
    )

    history = HistoricalRecords()
    objects: ClassVar[JurisdictionRuleQuerySet] = JurisdictionRuleQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("jurisdiction rule")
        verbose_name_plural = _("jurisdiction rules")
        ordering = ["slug"]
        constraints = [
            *(
                known_values(field, choices)
                for field, choices in (
                    ("us_kind", Kind),
                    ("us_subtype", Subtype),
                    ("cn_kind", Kind),
                    ("cn_subtype", Subtype),
                    ("tie", PartnershipType),
                )
            ),
            models.CheckConstraint(
                condition=Q(verdict__in=RuleVerdict.values), name="%(app_label)s_%(class)s_verdict_known"
            ),
            models.CheckConstraint(
                condition=Q(begins_on=None) | Q(ends_on=None) | Q(begins_on__lte=F("ends_on")),
                name="%(app_label)s_%(class)s_days_in_order",
                violation_error_message=_("The last day comes before the first. Change one of the two."),
            ),
            models.CheckConstraint(condition=~Q(citation=""), name="%(app_label)s_%(class)s_cited"),
            models.CheckConstraint(
                condition=~Q(explanation_en="") & ~Q(explanation_zh=""),
                name="%(app_label)s_%(class)s_explained",
            ),
            # A rule that blocks may offer something; one that allows another form has to say which.
            models.CheckConstraint(
                condition=(~Q(other_form_en="") & ~Q(other_form_zh="") & ~Q(verdict=RuleVerdict.ALLOWED))
                | (Q(other_form_en="", other_form_zh="") & ~Q(verdict=RuleVerdict.ANOTHER_FORM)),
                name="%(app_label)s_%(class)s_other_form_stated",
                violation_error_message=_(
                    "“Allowed in another form” needs the other form in English and in Chinese, “blocked” may "
                    "have it in both, “allowed” has none. Fill in or empty the two fields."
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def about(self, us: str, cn: str) -> Q:
        """Of rows with organizations at these paths, the American one first: the rule is about the two."""
        asked = {
            f"{path}__{name}": value
            for side, path in (("us", us), ("cn", cn))
            for name in ASKED
            if (value := getattr(self, f"{side}_{name}"))
        }
        return Q(**{f"{us}__country": Country.US, **asked})

    @property
    def explanation(self) -> str:
        """In the reader's language."""
        return self.explanation_zh if reads_chinese() else self.explanation_en

    @property
    def other_form(self) -> str:
        """What the two may do instead, in the reader's language; empty where nothing is offered."""
        return self.other_form_zh if reads_chinese() else self.other_form_en
