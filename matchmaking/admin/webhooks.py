"""Webhooks at the desk: whom organizations have told of what, how it goes, and a stop to it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from alliances.admin.base import ReadOnlyAdmin, curator, report_outcome
from matchmaking.enums import WebhookEvent
from matchmaking.models import Webhook, WebhookDelivery
from matchmaking.services.webhooks import webhook_let_go_on, webhook_stop
from matchmaking.wording.clocks import moment_words
from matchmaking.wording.webhooks import answer_words

# Of one webhook, on its page.
LAST_ANSWERS = 10


@admin.register(Webhook)
class WebhookAdmin(ReadOnlyAdmin):
    """Read only, and without secrets: what follows the ? of an address may be one."""

    list_display = ["address", "organization", "told_of", "shown_state", "last_answer", "created_at"]
    list_display_links = ["address"]
    list_filter = ["disabled_for"]
    list_select_related = ["organization"]
    search_fields = ["organization__code", "organization__name_en", "organization__name_zh"]
    search_help_text = _("Code or name of an organization.")
    fields = [
        "organization",
        "address",
        "told_of",
        "state",
        "disabled_at",
        "created_at",
        "last_answers",
    ]
    actions = ["disable", "enable"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Webhook]:
        tried = WebhookDelivery.objects.filter(webhook=OuterRef("pk"), attempt__gt=0).order_by("-pk")
        last = {f"last_{column}": Subquery(tried.values(column)[:1]) for column in ("status", "error")}
        return super().get_queryset(request).annotate(**last)

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        # Stopped and enabled from the list; nothing else of them changes.
        return obj is None and curator(request).has_perm("matchmaking.change_webhook")

    @display(description=_("address"))
    def address(self, webhook: Webhook) -> str:
        parts = urlsplit(webhook.url)
        return f"{parts.scheme}://{parts.netloc}{parts.path}"

    @display(description=_("events"))
    def told_of(self, webhook: Webhook) -> str:
        return ", ".join(str(WebhookEvent(event).label) for event in webhook.events)

    @display(description=_("state"), label={"on": "success", "off": "danger"})
    def shown_state(self, webhook: Webhook) -> tuple[str, str]:
        return "on" if webhook.is_enabled else "off", self.state(webhook)

    @display(description=_("state"))
    def state(self, webhook: Webhook) -> str:
        return webhook.get_disabled_for_display() or gettext("Enabled")

    @display(description=_("last answer"))
    def last_answer(self, webhook: Any) -> str:
        return answer_words(WebhookDelivery(status=webhook.last_status, error=webhook.last_error or ""))

    @display(description=_("last answers"))
    def last_answers(self, webhook: Webhook) -> str:
        tried = webhook.deliveries.filter(attempt__gt=0).defer("body")[:LAST_ANSWERS]
        lines = [
            (
                moment_words(one.created_at),
                one.get_event_display(),
                one.get_state_display(),
                answer_words(one),
            )
            for one in tried
        ]
        if not lines:
            return gettext("Nothing was sent yet.")
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{} · {} · {} · {}</li>", lines))

    @admin.action(description=_("Disable"), permissions=["change"])
    def disable(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        """Until staff enable it again: its owners cannot."""
        moved = [webhook_stop(one, by=curator(request)) for one in queryset]
        report_outcome(
            request, sum(moved), [gettext("It is disabled by our staff already.")] * moved.count(False)
        )

    @admin.action(description=_("Enable what staff disabled"), permissions=["change"])
    def enable(self, request: HttpRequest, queryset: QuerySet[Webhook]) -> None:
        moved = [webhook_let_go_on(one, by=curator(request)) for one in queryset]
        skipped = gettext("It is not disabled by our staff: its owners enable it.")
        report_outcome(request, sum(moved), [skipped] * moved.count(False))
