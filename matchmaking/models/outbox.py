"""The email outbox: rendered once, sent by leased workers, with a promise per class."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from matchmaking.enums import INTEREST_KINDS, EmailKind, EmailState, MailClass
from matchmaking.models.introduction import Introduction
from matchmaking.models.lease import LeasedRow
from matchmaking.models.recommendation import Recommendation


class OutboxEmail(LeasedRow):
    """One message to one person. Rendered text and Message-ID are fixed when the row is made."""

    kind = models.CharField(_("kind"), max_length=20, choices=EmailKind)
    mail_class = models.CharField(_("class"), max_length=10, choices=MailClass)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("person"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="emails",
    )
    introduction = models.ForeignKey(
        Introduction,
        verbose_name=_("introduction"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="emails",
    )
    # What the reader's side was recommended, where the mail is about an interest in that pair.
    recommendation = models.ForeignKey(
        Recommendation,
        verbose_name=_("recommendation"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="emails",
    )
    # Of mail about a recommendation: whether the text has the candidate's name, or a description.
    names_candidate = models.BooleanField(_("names the candidate"), default=True)
    # One mail of a kind a person and slot: a digest's day, an introduction's or recommendation's
    # id; `staff` is nobody's.
    slot = models.CharField(_("slot"), max_length=60, null=True, blank=True)
    message_id = models.CharField(_("Message-ID"), max_length=200, unique=True)
    recipient = models.EmailField(_("recipient"), max_length=254)
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(_("subject"), max_length=200)
    body_text = models.TextField(_("text"))
    body_html = models.TextField(_("HTML"))
    headers = models.JSONField(_("headers"), default=dict)
    state = models.CharField(_("state"), max_length=12, choices=EmailState, default=EmailState.QUEUED)
    reply = models.CharField(_("server's answer"), max_length=500, blank=True)
    created_at = models.DateTimeField(_("created at"), db_default=Now())
    sent_at = models.DateTimeField(_("sent at"), null=True)
    # When a server first put it off; how long it is tried is counted from then on.
    delayed_since = models.DateTimeField(_("delayed since"), null=True, editable=False)

    class Meta:
        verbose_name = _("email")
        verbose_name_plural = _("outbox")
        ordering = ["-id"]
        indexes = [
            # The claim: the oldest mail that is due.
            models.Index(
                fields=["id"],
                condition=Q(state__in=["queued", "deferred", "sending"]),
                name="outbox_unfinished",
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "slot"],
                condition=Q(slot__isnull=False),
                name="%(app_label)s_%(class)s_slot_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=EmailState.values), name="%(app_label)s_%(class)s_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind="digest") | Q(slot__isnull=False, mail_class="bulk"),
                name="%(app_label)s_%(class)s_digest_has_slot",
            ),
            models.CheckConstraint(
                condition=(
                    Q(
                        kind="introduction",
                        introduction__isnull=False,
                        slot__isnull=False,
                        mail_class="awaited",
                    )
                    | (~Q(kind="introduction") & Q(introduction__isnull=True))
                ),
                name="%(app_label)s_%(class)s_introduction_awaited",
            ),
            models.CheckConstraint(
                condition=(
                    Q(
                        kind__in=INTEREST_KINDS,
                        recommendation__isnull=False,
                        slot__isnull=False,
                        mail_class="awaited",
                    )
                    | (~Q(kind__in=INTEREST_KINDS) & Q(recommendation__isnull=True))
                ),
                name="%(app_label)s_%(class)s_interest_awaited",
            ),
            # A test is nobody's digest: it takes no slot.
            models.CheckConstraint(
                condition=~Q(kind="test") | Q(slot__isnull=True, mail_class="awaited"),
                name="%(app_label)s_%(class)s_test_has_no_slot",
            ),
            models.CheckConstraint(
                condition=(
                    Q(state="sending", lease_token__isnull=False, lease_until__isnull=False)
                    | (~Q(state="sending") & Q(lease_token__isnull=True))
                ),
                name="%(app_label)s_%(class)s_leased_iff_sending",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False),
                name="%(app_label)s_%(class)s_sent_has_time",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class DigestItem(models.Model):
    """A recommendation in a digest. A person is told of a recommendation once."""

    email = models.ForeignKey(
        OutboxEmail, verbose_name=_("email"), on_delete=models.CASCADE, related_name="items"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("person"), on_delete=models.CASCADE, related_name="+"
    )
    recommendation = models.ForeignKey(
        Recommendation,
        verbose_name=_("recommendation"),
        on_delete=models.PROTECT,
        related_name="digest_items",
    )
    position = models.PositiveSmallIntegerField(_("position"))
    # Whether the text has the candidate's name, or a description in its place.
    names_candidate = models.BooleanField(_("names the candidate"), default=True)

    class Meta:
        verbose_name = _("digest item")
        verbose_name_plural = _("digest items")
        ordering = ["email_id", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "recommendation"], name="%(app_label)s_%(class)s_told_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.recommendation_id} in {self.email_id}"
