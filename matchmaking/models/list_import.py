"""A screening list that somebody uploaded at the desk, and how far its import is."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from alliances.enums import ScreeningListName
from matchmaking.enums import ListImportState
from matchmaking.models.lease import LeasedRow


class ListImport(LeasedRow):
    """A file that was looked through already; a worker imports it. `services.list_imports` writes it.

    The content goes when the import ends: its entries are in the register then.
    """

    name = models.CharField(_("list"), max_length=20, choices=ScreeningListName)
    version = models.CharField(_("version"), max_length=200, blank=True)
    dated = models.DateField(_("dated"))
    file_name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField(_("content"))
    state = models.CharField(
        _("state"), max_length=10, choices=ListImportState, default=ListImportState.QUEUED
    )
    imported = models.ForeignKey(
        "alliances.ScreeningList",
        verbose_name=_("screening list"),
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("requested by"),
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    requested_at = models.DateTimeField(_("requested at"), db_default=Now())
    finished_at = models.DateTimeField(_("finished at"), null=True)

    class Meta:
        verbose_name = _("import of a list")
        verbose_name_plural = _("imports of lists")
        ordering = ["-id"]
        default_permissions = ()
        constraints = [
            models.CheckConstraint(
                condition=Q(name__in=ScreeningListName.values), name="%(app_label)s_%(class)s_name_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=ListImportState.values), name="%(app_label)s_%(class)s_state_known"
            ),
            models.CheckConstraint(
                condition=Q(state="running", lease_token__isnull=False, lease_until__isnull=False)
                | (~Q(state="running") & Q(lease_token__isnull=True)),
                name="%(app_label)s_%(class)s_leased_iff_running",
            ),
            models.CheckConstraint(
                condition=Q(state="complete", imported__isnull=False)
                | (~Q(state="complete") & Q(imported__isnull=True)),
                name="%(app_label)s_%(class)s_list_iff_complete",
            ),
        ]

    def __str__(self) -> str:
        return f"#{self.pk}"

    @property
    def is_open(self) -> bool:
        """Whether there is more to come."""
        return self.state in (ListImportState.QUEUED, ListImportState.RUNNING)
