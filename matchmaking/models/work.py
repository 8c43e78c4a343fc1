"""What staff noted on work that waits: to whom it is assigned, until when it is snoozed, that it is done."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from matchmaking.enums import WorkKind


class WorkItem(models.Model):
    """A note on one piece of work. The work itself is a row elsewhere and waits with or without a note."""

    kind = models.CharField(_("kind"), max_length=20, choices=WorkKind)
    # The id of the organization, claim, hit, recommendation, mail or run, by kind.
    subject_id = models.BigIntegerField(_("subject id"))
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("assigned to"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    snoozed_until = models.DateTimeField(_("snoozed until"), null=True)
    # What came to wait after this moment waits anew.
    done_at = models.DateTimeField(_("done at"), null=True)

    class Meta:
        verbose_name = _("work item")
        verbose_name_plural = _("work queue")
        default_permissions = ("view", "change")
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_id"], name="%(app_label)s_%(class)s_once"),
            models.CheckConstraint(
                condition=Q(kind__in=WorkKind.values), name="%(app_label)s_%(class)s_kind_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"
