"""The outbox: every message, its state, the server's answer, and what it says."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from alliances.admin.base import ReadOnlyAdmin
from alliances.admin.contacts import Contact, ContactPages, Contacts
from alliances.models.account import address_end, masked
from matchmaking.enums import EmailKind, EmailState
from matchmaking.models import CurationEvent, OutboxEmail

STATE_COLOURS = {
    EmailState.QUEUED: "info",
    EmailState.SENDING: "info",
    EmailState.SENT: "success",
    EmailState.DEFERRED: "warning",
    EmailState.UNCERTAIN: "warning",
    EmailState.SUPPRESSED: "warning",
    EmailState.FAILED: "danger",
}
# Whoever reads a code or a link into an account can use it.
SECRET = _("Not shown: it is for the person only.")


@admin.register(OutboxEmail)
class OutboxEmailAdmin(ContactPages, ReadOnlyAdmin):
    """Addresses, also those in a mail and in what the server answered, by their end alone."""

    list_display = [
        "to",
        "kind",
        "subject",
        "language",
        "shown_state",
        "attempt",
        "answered",
        "created_at",
    ]
    list_filter = ["state", "kind", "language"]
    # Who knows the whole address finds its mail; parts of it would be guessed letter by letter.
    search_fields = ["=recipient", "message_id"]
    search_help_text = _("A whole email address, or part of a message’s id.")
    actions_detail = ["show_contacts"]
    show_full_result_count = False
    fields = [
        "to",
        "kind",
        "mail_class",
        "slot",
        "language",
        "state",
        "attempt",
        "next_attempt_at",
        "answered",
        "went_wrong",
        "created_at",
        "sent_at",
        "message_id",
        "subject",
        "as_sent",
        "as_text",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboxEmail]:
        mails = super().get_queryset(request)
        # The list shows no body, so it reads none.
        return (
            mails
            if "object_id" in getattr(request.resolver_match, "kwargs", {})
            else mails.defer("body_html", "body_text")
        )

    def has_contacts_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        # Whoever sees mail, and the contacts of organizations.
        return self.has_view_permission(request) and request.user.has_perm("alliances.change_teammember")

    def contacts_of(self, row: OutboxEmail) -> Contacts:
        name = row.user.name if row.user else ""
        return Contacts(
            row.get_kind_display(), [Contact(_("Recipient"), name, row.recipient)], None, {"email": row.pk}
        )

    @display(description=_("recipient"))
    def to(self, mail: OutboxEmail) -> str:
        return address_end(mail.recipient)

    @display(description=_("server's answer"))
    def answered(self, mail: OutboxEmail) -> str:
        return masked(mail.reply)

    @display(description=_("error"))
    def went_wrong(self, mail: OutboxEmail) -> str:
        return masked(mail.error)

    @display(description=_("state"), label=STATE_COLOURS, ordering="state")
    def shown_state(self, mail: OutboxEmail) -> tuple[str, str]:
        return mail.state, mail.get_state_display()

    @display(description=_("as it arrives"))
    def as_sent(self, mail: OutboxEmail) -> str:
        if mail.kind == EmailKind.ACCOUNT:
            return str(SECRET)
        # Sandboxed: a message is shown, it cannot act.
        return format_html(
            '<iframe sandbox srcdoc="{}" title="{}" width="640" height="900" class="bg-white"></iframe>',
            masked(mail.body_html),
            mail.subject,
        )

    @display(description=_("text"))
    def as_text(self, mail: OutboxEmail) -> str:
        if mail.kind == EmailKind.ACCOUNT:
            return str(SECRET)
        return format_html('<pre class="whitespace-pre-wrap">{}</pre>', masked(mail.body_text))


@admin.register(CurationEvent)
class CurationEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "subject", "subject_id", "actor_id", "data"]
    list_filter = ["kind", "subject"]
