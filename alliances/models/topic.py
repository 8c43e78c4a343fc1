"""The shared challenges: seven areas, their leaf topics, and which organization needs or offers what."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from alliances.validators import validate_no_contact, validate_plain_text

STATEMENT_LENGTH = 600


class InBothScripts(models.Model):
    """A thing with an English and a Chinese name."""

    name_en = models.CharField(_("name in English"), max_length=200)
    name_zh = models.CharField(_("name in Chinese"), max_length=200)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_zh if reads_chinese() else self.name_en

    @property
    def other_name(self) -> str:
        """The name in the other script."""
        return self.name_en if reads_chinese() else self.name_zh


class Challenge(InBothScripts):
    """A shared challenge, wide or narrow, and what its name means."""

    slug = models.SlugField(_("slug"), max_length=60, unique=True)
    definition_en = models.TextField(_("definition in English"), blank=True)
    definition_zh = models.TextField(_("definition in Chinese"), blank=True)

    class Meta:
        abstract = True

    @property
    def definition(self) -> str:
        """The definition in the reader's language; empty where it is not written in that."""
        return self.definition_zh if reads_chinese() else self.definition_en


def reads_chinese() -> bool:
    """Whether the reader reads Chinese."""
    return (get_language() or "").startswith("zh")


class ChallengeArea(Challenge):
    """One of the seven areas in which both countries' cities face the same problems."""

    position = models.PositiveSmallIntegerField(_("position"))

    class Meta:
        verbose_name = _("challenge area")
        verbose_name_plural = _("challenge areas")
        ordering = ["position"]


class Topic(Challenge):
    """A leaf topic. Needs and offers name leaf topics only: the schema knows no other kind."""

    area = models.ForeignKey(
        ChallengeArea, verbose_name=_("challenge area"), on_delete=models.PROTECT, related_name="topics"
    )
    position = models.PositiveSmallIntegerField(_("position"))

    class Meta:
        verbose_name = _("topic")
        verbose_name_plural = _("topics")
        ordering = ["position"]


class Need(models.Model):
    """What an organization looks for: topic and priority (1 some, 2 clear, 3 urgent)."""

    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="needs",
    )
    topic = models.ForeignKey(Topic, verbose_name=_("topic"), on_delete=models.PROTECT, related_name="needs")
    priority = models.PositiveSmallIntegerField(_("priority"), default=2)
    statement = models.TextField(
        _("statement"),
        max_length=STATEMENT_LENGTH,
        blank=True,
        validators=[validate_plain_text, validate_no_contact],
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("need")
        verbose_name_plural = _("needs")
        ordering = ["topic__position"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "topic"], name="%(app_label)s_%(class)s_topic_once"
            ),
            models.CheckConstraint(
                condition=models.Q(priority__range=(1, 3)), name="%(app_label)s_%(class)s_priority_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} needs {self.topic_id}"


class Offer(models.Model):
    """What an organization can give: topic and maturity (1 first steps, 2 running, 3 proven)."""

    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="offers",
    )
    topic = models.ForeignKey(Topic, verbose_name=_("topic"), on_delete=models.PROTECT, related_name="offers")
    maturity = models.PositiveSmallIntegerField(_("maturity"), default=2)
    statement = models.TextField(
        _("statement"),
        max_length=STATEMENT_LENGTH,
        blank=True,
        validators=[validate_plain_text, validate_no_contact],
    )

    history = HistoricalRecords()

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
        ordering = ["topic__position"]
        constraints = [
            models.UniqueConstraint(
                fields=["organization", "topic"], name="%(app_label)s_%(class)s_topic_once"
            ),
            models.CheckConstraint(
                condition=models.Q(maturity__range=(1, 3)), name="%(app_label)s_%(class)s_maturity_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organization_id} offers {self.topic_id}"
