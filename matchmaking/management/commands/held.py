"""Say what waits to go out, before HOLD is unset after a restore."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db.models import Count, Min, QuerySet

from matchmaking.enums import DeliveryState, EmailState
from matchmaking.models import OutboxEmail, WebhookDelivery

# What was under way when the backup was made is sent again, but for bulk mail, which is left uncertain.
WAITING_MAIL = (EmailState.QUEUED, EmailState.DEFERRED, EmailState.SENDING)
WAITING_CALLS = (DeliveryState.QUEUED, DeliveryState.SENDING)


class Command(BaseCommand):
    help = "Print what waits to go out, mails by kind and webhooks by event, with number and oldest."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(
            "On hold: nothing leaves until HOLD is unset."
            if settings.HOLD
            else "Not on hold: workers send this as it comes due. Set HOLD=1 and start anew to keep it here."
        )
        mails = OutboxEmail.objects.filter(state__in=WAITING_MAIL)
        # What waits for a disabled webhook leaves only once an owner enables it.
        calls = WebhookDelivery.objects.filter(state__in=WAITING_CALLS, webhook__disabled_at=None)
        lines = [*self._lines("mail", mails, "kind"), *self._lines("webhook", calls, "event")]
        for line in lines or ["Nothing waits."]:
            self.stdout.write(line)

    def _lines(self, what: str, rows: QuerySet[Any], column: str) -> list[str]:
        counted = rows.order_by(column).values_list(column).annotate(Count("pk"), Min("created_at"))
        return [
            f"{what:<9}{name:<26}{number:>8,}   oldest {oldest:%Y-%m-%d %H:%M} UTC"
            for name, number, oldest in counted
        ]
