"""The organization, a party of any kind, and the three kinds as views of the same row."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import BaseValidator, MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, F, Q
from django.db.models.functions import Left, Now
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from alliances.enums import (
    BudgetBand,
    CityClass,
    Country,
    HitState,
    Horizon,
    Kind,
    OrganizationState,
    PartnershipType,
    PopulationBasis,
    ReadyReason,
    SizeBand,
    Stage,
    Subtype,
    WorkingLanguage,
)
from alliances.validators import validate_code, validate_list_item, validate_plain_name, validate_plain_text

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django_stubs_ext import StrOrPromise

    from alliances.models.account import User

NAME_LENGTH = 200
SUMMARY_LENGTH = 2000
# Each is screened, and found by.
MOST_ALIASES = 20


def choice_array(
    verbose_name: StrOrPromise,
    choices: type[models.TextChoices],
    *,
    editable: bool = True,
) -> ArrayField:  # type: ignore[type-arg]
    """A set of vocabulary values, stored in the vocabulary's order."""
    return ArrayField(
        models.CharField(max_length=30, choices=choices),
        verbose_name=verbose_name,
        default=list,
        blank=True,
        editable=editable,
    )


def within(least: int, most: int) -> list[BaseValidator]:
    """What a number's constraint promises, said at its field."""
    return [MinValueValidator(least), MaxValueValidator(most)]


def known_values(field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    """The promise that a single-valued vocabulary field holds a known value or is empty."""
    condition = Q(**{f"{field}__in": [*choices.values, ""]})
    return models.CheckConstraint(condition=condition, name=f"%(app_label)s_%(class)s_{field}_known")


def known_set(field: str, choices: type[models.TextChoices]) -> models.CheckConstraint:
    """The promise that a multi-valued vocabulary field holds known values only."""
    condition = Q(**{f"{field}__contained_by": choices.values})
    return models.CheckConstraint(condition=condition, name=f"%(app_label)s_%(class)s_{field}_known")


class OrganizationQuerySet(models.QuerySet["Organization"]):
    def approved(self) -> OrganizationQuerySet:
        return self.filter(state=OrganizationState.APPROVED)

    def listed(self) -> OrganizationQuerySet:
        """Those whose names everybody who takes part may read: approved, not anonymous at first, and with no
        screening hit that nobody cleared."""
        return (
            self.approved()
            .filter(shows_name=True)
            .exclude(screening_hits__state__in=(HitState.OPEN, HitState.CONFIRMED))
        )

    def visible_to(self, user: User | AnonymousUser) -> OrganizationQuerySet:
        """The organizations this person may open: staff all, a team member their own, others none."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self
        return self.filter(pk__in=user.team_memberships.values("organization_id"))

    def listed_to(self, user: User | AnonymousUser) -> OrganizationQuerySet:
        """The directory: the listed, for whoever is in the team of an approved one; for staff all that are
        approved; for others none."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_staff:
            return self.approved()
        own = Organization.objects.approved().filter(team_members__user=user)
        return self.listed().filter(Exists(own))


class Organization(models.Model):
    """A city, firm or alliance that takes part."""

    code = models.SlugField(_("code"), max_length=40, unique=True, validators=[validate_code])
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    subtype = models.CharField(_("subtype"), max_length=20, choices=Subtype, blank=True)
    country = models.CharField(_("country"), max_length=2, choices=Country)
    state = models.CharField(
        _("state"), max_length=20, choices=OrganizationState, default=OrganizationState.DRAFT, editable=False
    )
    is_sample = models.BooleanField(
        _("sample"), default=False, editable=False, help_text=_("Part of the sample register; takes no part.")
    )

    name_en = models.CharField(
        _("name in English"), max_length=NAME_LENGTH, blank=True, validators=[validate_plain_name]
    )
    name_zh = models.CharField(
        _("name in Chinese"), max_length=NAME_LENGTH, blank=True, validators=[validate_plain_name]
    )
    aliases = ArrayField(
        models.CharField(max_length=NAME_LENGTH, validators=[validate_plain_name, validate_list_item]),
        verbose_name=_("aliases"),
        default=list,
        blank=True,
    )
    # `alliances.names.search_key` of the three above, kept by `alliances.services.register`.
    search_key = models.TextField(blank=True, editable=False)
    region = models.CharField(
        _("state or province"), max_length=100, blank=True, validators=[validate_plain_name]
    )
    population = models.PositiveIntegerField(_("population"), null=True, blank=True)
    population_basis = models.CharField(
        _("population basis"), max_length=12, choices=PopulationBasis, blank=True
    )
    size_band = models.CharField(_("size band"), max_length=12, choices=SizeBand, blank=True)
    latitude = models.FloatField(_("latitude"), null=True, blank=True, validators=within(-90, 90))
    longitude = models.FloatField(_("longitude"), null=True, blank=True, validators=within(-180, 180))
    website = models.URLField(_("website"), max_length=300, blank=True)
    summary_en = models.TextField(
        _("summary in English"), max_length=SUMMARY_LENGTH, blank=True, validators=[validate_plain_text]
    )
    summary_zh = models.TextField(
        _("summary in Chinese"), max_length=SUMMARY_LENGTH, blank=True, validators=[validate_plain_text]
    )

    languages = choice_array(_("working languages"), WorkingLanguage)
    seeks = choice_array(_("seeks"), Kind)
    refuses = choice_array(_("refuses"), Kind)
    partnership_types = choice_array(_("partnership types"), PartnershipType)
    stage = models.CharField(_("stage"), max_length=20, choices=Stage, blank=True)
    horizon = models.CharField(_("horizon"), max_length=10, choices=Horizon, blank=True)
    budget_band = models.CharField(_("budget band"), max_length=12, choices=BudgetBand, blank=True)
    founded_year = models.PositiveSmallIntegerField(_("founded in"), null=True, blank=True)
    capacity = models.PositiveSmallIntegerField(
        _("capacity"), default=3, help_text=_("Introductions a quarter."), validators=within(0, 100)
    )
    contact_email = models.EmailField(_("contact email"), max_length=254, blank=True)

    # False: until it agrees, whoever it is recommended to reads a description in place of its name.
    shows_name = models.BooleanField(_("shows its name"), default=True)

    # What staff wrote to the organization with its last change of state; for its team to read.
    state_reason = models.TextField(_("reason given"), blank=True, editable=False)
    # Beside it, what they chose of the ready reasons: read by each in their own language.
    state_reasons = choice_array(_("ready reasons given"), ReadyReason, editable=False)
    # The entry of the same organization that this one, withdrawn, was merged into.
    merged_into = models.ForeignKey(
        "self",
        verbose_name=_("merged into"),
        null=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="merged",
    )
    profile_confirmed_at = models.DateTimeField(_("profile confirmed at"), null=True, editable=False)
    created_at = models.DateTimeField(_("created at"), db_default=Now(), editable=False)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    # Set on what `alliances.anonymity.veiled` makes in the place of an organization.
    is_veiled: bool = False
    veiled_class: CityClass | None = None

    history = HistoricalRecords(
        excluded_fields=["contact_email", "search_key", "state_reason", "state_reasons", "merged_into"]
    )
    objects: ClassVar[OrganizationQuerySet] = OrganizationQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["code"]
        indexes = [
            models.Index(fields=["state", "kind", "country"], name="organization_by_state"),
            # The order of the directory; whole keys may be longer than an index holds.
            models.Index(Left("search_key", 100), "code", name="organization_in_order"),
            models.Index(
                "population",
                name="organization_on_map",
                condition=Q(state="approved", kind="city", latitude__isnull=False, population__isnull=False),
            ),
            GinIndex(fields=["search_key"], name="organization_by_name", opclasses=["gin_trgm_ops"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[a-z0-9]+(-[a-z0-9]+)*$"), name="%(app_label)s_%(class)s_code_slug"
            ),
            models.CheckConstraint(
                condition=~Q(name_en="") | ~Q(name_zh=""), name="%(app_label)s_%(class)s_named"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=Kind.values), name="%(app_label)s_%(class)s_kind_known"
            ),
            models.CheckConstraint(
                condition=Q(country__in=Country.values), name="%(app_label)s_%(class)s_country_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=OrganizationState.values), name="%(app_label)s_%(class)s_state_known"
            ),
            known_values("subtype", Subtype),
            known_values("population_basis", PopulationBasis),
            known_values("size_band", SizeBand),
            known_values("stage", Stage),
            known_values("horizon", Horizon),
            known_values("budget_band", BudgetBand),
            known_set("languages", WorkingLanguage),
            known_set("seeks", Kind),
            known_set("refuses", Kind),
            known_set("partnership_types", PartnershipType),
            known_set("state_reasons", ReadyReason),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True)
                | (Q(state=OrganizationState.WITHDRAWN) & ~Q(merged_into=F("id"))),
                name="%(app_label)s_%(class)s_merged_withdrawn",
            ),
            models.CheckConstraint(
                condition=Q(population__isnull=True) | Q(size_band=""),
                name="%(app_label)s_%(class)s_one_size",
            ),
            models.CheckConstraint(
                condition=Q(population__isnull=True, population_basis="")
                | (Q(population__gte=1) & ~Q(population_basis="")),
                name="%(app_label)s_%(class)s_population_with_basis",
            ),
            models.CheckConstraint(
                condition=Q(latitude__isnull=True, longitude__isnull=True)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="%(app_label)s_%(class)s_place_on_earth",
            ),
            models.CheckConstraint(
                condition=Q(founded_year__isnull=True) | Q(founded_year__range=(1, 2999)),
                name="%(app_label)s_%(class)s_founded_range",
            ),
            models.CheckConstraint(
                condition=Q(capacity__lte=100), name="%(app_label)s_%(class)s_capacity_range"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_listed(self) -> bool:
        """Whether everybody who takes part may read its name; one query."""
        return Organization.objects.listed().filter(pk=self.pk).exists()

    @property
    def name(self) -> str:
        """The name in the reader's language; the other script where only that is known."""
        own, other = self.name_en, self.name_zh
        if (get_language() or "").startswith("zh"):
            own, other = other, own
        return own or other

    @property
    def has_reasons(self) -> bool:
        """Whether staff gave a reason with the last change of state."""
        return bool(self.state_reason or self.state_reasons)

    @property
    def ready_reasons(self) -> list[str]:
        """The sentences of the ready reasons that staff gave, in the reader's language."""
        return [str(ReadyReason(code).label) for code in self.state_reasons]

    @property
    def other_name(self) -> str:
        """The name in the other script; empty where it is not known."""
        return self.name_en if self.name == self.name_zh else self.name_zh


class _KindManager(models.Manager["Organization"]):
    """Organizations of one kind."""

    def __init__(self, kind: Kind) -> None:
        super().__init__()
        self.kind = kind

    def get_queryset(self) -> models.QuerySet[Organization]:
        return OrganizationQuerySet(self.model, using=self._db).filter(kind=self.kind)


class City(Organization):
    """A city or a body of one: a port, a utility, a transit agency, a state or province."""

    objects: ClassVar[_KindManager] = _KindManager(Kind.CITY)  # type: ignore[assignment]

    class Meta:
        proxy = True
        verbose_name = _("city")
        verbose_name_plural = _("cities")


class Firm(Organization):
    """A firm, or an institution that works like one: a university, a hospital, an institute."""

    objects: ClassVar[_KindManager] = _KindManager(Kind.FIRM)  # type: ignore[assignment]

    class Meta:
        proxy = True
        verbose_name = _("firm")
        verbose_name_plural = _("firms")


class Alliance(Organization):
    """A bridge between government and industry: has patron agencies and members."""

    objects: ClassVar[_KindManager] = _KindManager(Kind.ALLIANCE)  # type: ignore[assignment]

    class Meta:
        proxy = True
        verbose_name = _("alliance")
        verbose_name_plural = _("alliances")
