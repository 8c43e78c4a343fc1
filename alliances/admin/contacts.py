"""Whom to write to at an organization: shown on a page of its own, to whoever proves who they are."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action

from alliances.admin.base import curator
from alliances.enums import EventKind
from alliances.models import Organization
from alliances.proof import is_proven, proof_page
from alliances.services.events import EventDraft, record

SHOW_CONTACTS = _("Show contacts")


class ContactPages(ModelAdmin):
    """The button on an organization's page, and the page it leads to. Each look leaves its audit row."""

    @action(description=SHOW_CONTACTS, permissions=["change"], icon="contact_mail")
    def show_contacts(self, request: HttpRequest, object_id: str) -> HttpResponse:
        found = self.get_object(request, object_id)
        if found is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        reader = curator(request)
        if not is_proven(request):
            return redirect(proof_page(reader, request.get_full_path()))
        organization = Organization.objects.get(pk=found.pk)
        team = list(organization.team_members.select_related("user").order_by("role", "pk"))
        with transaction.atomic():
            record([EventDraft(organization.pk, EventKind.CONTACTS_SHOWN, {})], reader)
        context = {
            **self.admin_site.each_context(request),
            "title": SHOW_CONTACTS,
            "organization": organization,
            "team": team,
        }
        page = TemplateResponse(request, "admin/alliances/contacts.html", context)
        page["Cache-Control"] = "no-store"
        return page
