"""Work that must not be lost: a row that one worker at a time holds under a lease."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class LeasedRow(models.Model):
    """A piece of work with its state, attempts and lease. `services.leases` is its only writer.

    The lease is counted by the database's clock. The token fences: a worker that lost its lease
    writes nothing, since every write asks for its own token.
    """

    attempt = models.PositiveSmallIntegerField(_("attempt"), default=0, editable=False)
    next_attempt_at = models.DateTimeField(_("next attempt at"), null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(_("lease until"), null=True, blank=True, editable=False)
    lease_token = models.UUIDField(null=True, blank=True, editable=False)
    error = models.TextField(_("error"), blank=True, editable=False)

    class Meta:
        abstract = True
