"""Whom to write to: addresses are shown on a page of their own, to whoever proves who they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.admin import ModelAdmin
from unfold.decorators import action

from alliances.admin.base import curator
from alliances.enums import EventKind
from alliances.proof import is_proven, proof_page
from alliances.services.events import EventDraft, record

SHOW_CONTACTS = _("Show contacts")


class Contact(NamedTuple):
    """An address and whose it is; without an address the account is closed."""

    role: StrOrPromise
    name: str
    address: str
    language: StrOrPromise = ""


class Contacts(NamedTuple):
    """What a look at a row's contacts shows, and what the audit row says of it: numbers only."""

    of: StrOrPromise
    contacts: Sequence[Contact]
    organization: int | None
    told: dict[str, object]


class ContactPages(ModelAdmin):
    """The button on the page of a row, and the page it leads to. Each look leaves its audit row."""

    def has_contacts_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self.has_change_permission(request)

    def contacts_of(self, row: Any) -> Contacts:
        """The contacts of a row of this list."""
        raise NotImplementedError

    @action(description=SHOW_CONTACTS, permissions=["contacts"], icon="contact_mail")
    def show_contacts(self, request: HttpRequest, object_id: str) -> HttpResponse:
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        reader = curator(request)
        if not is_proven(request):
            return redirect(proof_page(reader, request.get_full_path()))
        shown = self.contacts_of(row)
        with transaction.atomic():
            record([EventDraft(shown.organization, EventKind.CONTACTS_SHOWN, shown.told)], reader)
        context = {
            **self.admin_site.each_context(request),
            "title": SHOW_CONTACTS,
            "of": shown.of,
            "contacts": shown.contacts,
        }
        page = TemplateResponse(request, "admin/alliances/contacts.html", context)
        page["Cache-Control"] = "no-store"
        return page
