"""Requests to join teams. Here and not with the register's own pages, since a decision is mailed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from alliances.admin.base import ReadOnlyAdmin, curator, leave_dialog
from alliances.admin.contacts import Contact, ContactPages, Contacts
from alliances.enums import ClaimState, OrganizationState, TeamRole
from alliances.models import TeamClaim, TeamMember
from alliances.models.account import named
from alliances.models.team import REASON_LENGTH
from matchmaking.services import team_mail

GRANT, REFUSE = _("Let into the team"), _("Refuse the request")


class GrantDialog(BaseDialogForm):
    role = forms.ChoiceField(
        label=_("Role"), choices=TeamRole, initial=TeamRole.VIEWER, widget=UnfoldAdminSelectWidget
    )


class RefuseDialog(BaseDialogForm):
    reason = forms.CharField(
        label=_("Reason, for the person to read"),
        required=False,
        max_length=REASON_LENGTH,
        widget=UnfoldAdminTextInputWidget,
    )


@admin.register(TeamClaim)
class TeamClaimAdmin(ContactPages, ReadOnlyAdmin):
    """What people asked. Where owners decide, staff may, and need not."""

    list_display = ["person", "organization", "shown_state", "decider", "asked_at", "decided_at"]
    list_filter = ["state", "organization__state", "organization__country"]
    list_select_related = ["user", "organization"]
    search_fields = [
        "=user__email",
        "user__name",
        "organization__code",
        "organization__name_en",
        "organization__name_zh",
    ]
    actions_detail = ["grant", "refuse", "show_contacts"]
    fields = [
        "person",
        "organization",
        "message",
        "asked_at",
        "decider",
        "state",
        "reason",
        "decided_by",
        "decided_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[TeamClaim]:
        owners = TeamMember.objects.filter(
            organization=OuterRef("organization"), role=TeamRole.OWNER, user__is_active=True
        )
        return super().get_queryset(request).annotate(has_owner=Exists(owners))

    def has_decide_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("alliances.change_teamclaim")

    def has_contacts_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return self.has_decide_permission(request)

    def contacts_of(self, row: TeamClaim) -> Contacts:
        asks = Contact(_("Asks to join"), row.user.name, row.user.email, row.user.get_language_display())
        return Contacts(row.organization.name, [asks], row.organization_id, {"person": row.user_id})

    @display(description=_("person"), ordering="user__name")
    def person(self, claim: TeamClaim) -> str:
        return named(claim.user)

    @display(
        description=_("state"),
        label={ClaimState.WAITING: "warning", ClaimState.GRANTED: "success", ClaimState.REFUSED: "danger"},
        ordering="state",
    )
    def shown_state(self, claim: TeamClaim) -> tuple[str, str]:
        return claim.state, claim.get_state_display()

    @display(description=_("who decides"))
    def decider(self, claim: TeamClaim) -> str:
        approved = claim.organization.state == OrganizationState.APPROVED
        by_owners = approved and getattr(claim, "has_owner", False)
        return gettext("The owners") if by_owners else gettext("Staff")

    @action(
        description=GRANT,
        permissions=["decide"],
        dialog={
            "title": GRANT,
            "description": _("Make sure that the address is that of somebody who works there."),
            "form_class": GrantDialog,
            "form_submit_text": GRANT,
        },
    )
    def grant(self, request: HttpRequest, form: GrantDialog, object_id: str) -> HttpResponse:
        return self._decide(request, object_id, team_mail.grant, form.cleaned_data)

    @action(
        description=REFUSE,
        permissions=["decide"],
        dialog={
            "title": REFUSE,
            "description": _("The person is told that it was refused, and reads the reason on their page."),
            "form_class": RefuseDialog,
            "form_submit_text": REFUSE,
        },
    )
    def refuse(self, request: HttpRequest, form: RefuseDialog, object_id: str) -> HttpResponse:
        return self._decide(request, object_id, team_mail.refuse, form.cleaned_data)

    def _decide(
        self, request: HttpRequest, object_id: str, decide: Any, stated: dict[str, Any]
    ) -> HttpResponse:
        claim = self.get_object(request, object_id)
        if claim is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        try:
            decide(
                claim,
                **{name: stated[name] for name in ("role", "reason") if name in stated},
                by=curator(request),
            )
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, gettext("The request is decided and the person is told."))
        return leave_dialog(request, reverse("admin:alliances_teamclaim_change", args=[object_id]))
