"""Organizations by kind: what they state, and the review that lets them take part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, QuerySet
from django.forms.models import BaseInlineFormSet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display

from alliances.admin.base import HistoryAdmin, curator, leave_dialog, report_outcome
from alliances.admin.contacts import Contact, Contacts
from alliances.admin.dossier import size_words
from alliances.admin.forms import OrganizationForm, PersonDialog, ReviewDialog, review_dialog
from alliances.admin.importing import FileButtons, ImportPages
from alliances.admin.review import ReviewPages
from alliances.enums import Kind, OrganizationState, TeamRole
from alliances.models import (
    Alliance,
    AllianceMembership,
    AlliancePatron,
    City,
    Firm,
    Need,
    Offer,
    Organization,
    TeamMember,
)
from alliances.services import register, review, team

STATE_COLOURS = {
    OrganizationState.DRAFT: "info",
    OrganizationState.SUBMITTED: "warning",
    OrganizationState.CHANGES_REQUESTED: "info",
    OrganizationState.ON_HOLD: "warning",
    OrganizationState.APPROVED: "success",
    OrganizationState.SUSPENDED: "danger",
    OrganizationState.REJECTED: "danger",
}

# So many are moved while the page waits; more are handed over, where somebody undertakes it.
AT_ONCE = 200

HandOver = Callable[[HttpRequest, review.Move, list[int]], HttpResponse | None]
_hand_over: list[HandOver] = []


def hand_over_many(to: HandOver) -> None:
    """Have moves of very many organizations made by what stands on the register and has workers.

    It answers with the page to go to, or None to stay on the list.
    """
    _hand_over[:] = [to]


class NeedInline(TabularInline):
    model = Need
    fields = ["topic", "priority"]
    autocomplete_fields = ["topic"]
    extra = 0
    hide_title = True
    tab = True


class OfferInline(TabularInline):
    model = Offer
    fields = ["topic", "maturity"]
    autocomplete_fields = ["topic"]
    extra = 0
    hide_title = True
    tab = True


class TeamInline(TabularInline):
    """Roles change and places end here; a place is given by the page's own action."""

    model = TeamMember
    fields = ["person", "role"]
    readonly_fields = ["person"]
    extra = 0
    hide_title = True
    tab = True

    @display(description=_("person"))
    def person(self, member: TeamMember) -> str:
        return member.person

    def get_queryset(self, request: HttpRequest) -> QuerySet[TeamMember]:
        return super().get_queryset(request).select_related("user")

    def has_add_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        return False


class PatronInline(TabularInline):
    model = AlliancePatron
    fields = ["agency"]
    autocomplete_fields = ["agency"]
    extra = 0
    hide_title = True
    tab = True


class MembershipInline(TabularInline):
    model = AllianceMembership
    fk_name = "alliance"
    fields = ["member", "state", "waits_for"]
    autocomplete_fields = ["member"]
    extra = 0
    hide_title = True
    tab = True


ADD_PERSON = gettext_lazy("Add a person")
APPROVE, PUT_ON_HOLD, SUSPEND = gettext_lazy("Approve"), gettext_lazy("Put on hold"), gettext_lazy("Suspend")


class OrganizationAdmin(ReviewPages, FileButtons, HistoryAdmin):
    """One kind of organization. Only the services move its state: one by its review, many from the list."""

    kind: Kind
    list_display = [
        "shown_names",
        "code",
        "country",
        "region",
        "shown_size",
        "needs_stated",
        "offers_stated",
        "shown_state",
        "shown_review",
    ]
    list_filter = ["state", "country", "subtype", "is_sample"]
    search_fields = ["code", "name_en", "name_zh", "aliases"]
    show_full_result_count = False
    list_per_page = 50
    actions = ["approve", "put_on_hold", "suspend"]
    actions_detail = ["review_this", "suspend_this", "add_person", "show_contacts"]
    readonly_fields = ["state", "is_sample", "shows_name", "profile_confirmed_at", "created_at", "updated_at"]
    fieldsets: list[tuple[Any, dict[str, Any]]] = [
        (None, {"fields": ["code", "state", ("name_en", "name_zh"), "aliases", "subtype"]}),
        (
            _("Place and size"),
            {
                "classes": ["tab"],
                "fields": [
                    ("country", "region"),
                    ("latitude", "longitude"),
                    ("population", "population_basis"),
                    "size_band",
                ],
            },
        ),
        (
            _("Profile"),
            {
                "classes": ["tab"],
                "fields": ["summary_en", "summary_zh", "website", "languages", "contact_email"],
            },
        ),
        (
            _("Partnership"),
            {
                "classes": ["tab"],
                "fields": [
                    "seeks",
                    "refuses",
                    "partnership_types",
                    ("stage", "horizon"),
                    ("budget_band", "capacity"),
                ],
            },
        ),
        (
            _("Record"),
            {
                "classes": ["tab"],
                "fields": ["is_sample", "shows_name", "profile_confirmed_at", "created_at", "updated_at"],
            },
        ),
    ]
    inlines = [NeedInline, OfferInline, TeamInline]

    def __init__(self, model: type[Organization], site: admin.AdminSite) -> None:
        super().__init__(model, site)
        # The history page asks the proxy; the history is that of the organization.
        model._meta.simple_history_manager_attribute = "history"  # type: ignore[attr-defined]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Organization]:
        return (
            super()
            .get_queryset(request)
            .annotate(need_count=Count("needs", distinct=True), offer_count=Count("offers", distinct=True))
        )

    def get_form(self, request: HttpRequest, obj: Organization | None = None, **kwargs: Any) -> Any:
        form = type("Form", (OrganizationForm,), {"kind": self.kind})
        return super().get_form(request, obj, **{**kwargs, "form": form})

    def get_fieldsets(self, request: HttpRequest, obj: Organization | None = None) -> Any:
        if obj is None:  # what is new has no record yet
            return self.fieldsets[:-1]
        # The address of one that is there stands on the page of contacts, which asks who looks.
        return [
            (name, {**options, "fields": [field for field in options["fields"] if field != "contact_email"]})
            for name, options in self.fieldsets
        ]

    def contacts_of(self, row: Organization) -> Contacts:
        """Its office, then its team."""
        office = [Contact(_("Office"), "", row.contact_email)] if row.contact_email else []
        places = TeamMember.objects.filter(organization=row.pk).select_related("user").order_by("role", "pk")
        team = [
            Contact(
                place.get_role_display(),
                place.user.name,
                place.user.email if place.user.is_active else "",
                place.user.get_language_display(),
            )
            for place in places
        ]
        return Contacts(row.name, [*office, *team], row.pk, {})

    def get_readonly_fields(self, request: HttpRequest, obj: Organization | None = None) -> Any:
        # The code is how files and people name the organization: it stays.
        return [*self.readonly_fields, "code"] if obj else self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        with transaction.atomic():
            saved = register.save_organization(form.entry(), actor=curator(request))
        obj.pk, obj.state = saved.pk, saved.state

    def save_formset(
        self, request: HttpRequest, form: Any, formset: BaseInlineFormSet[Any, Any, Any], change: bool
    ) -> None:
        if formset.model is TeamMember:
            self._save_team(request, formset)
            return
        with transaction.atomic():
            super().save_formset(request, form, formset, change)
            if formset.has_changed():
                fields = [formset.get_default_prefix()]
                register.record_update(form.instance, fields, actor=curator(request))

    def _save_team(self, request: HttpRequest, formset: BaseInlineFormSet[Any, Any, Any]) -> None:
        """All of it by the services, new owners first, or nothing and why."""
        formset.save(commit=False)
        changed = [member for member, _fields in formset.changed_objects]
        try:
            with transaction.atomic():
                for member in sorted(changed, key=lambda member: member.role != TeamRole.OWNER):
                    team.team_role_set(member, member.role, actor=curator(request))
                for member in formset.deleted_objects:
                    team.team_member_remove(member, actor=curator(request))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))

    @display(description=_("name"), header=True, ordering="name_en")
    def shown_names(self, organization: Organization) -> tuple[str, str]:
        return organization.name, organization.other_name

    @display(description=_("size"), ordering="population")
    def shown_size(self, organization: Organization) -> str:
        return size_words(organization) or "–"

    @display(description=_("needs"), ordering="need_count")
    def needs_stated(self, organization: Organization) -> int:
        return int(getattr(organization, "need_count", 0))

    @display(description=_("offers"), ordering="offer_count")
    def offers_stated(self, organization: Organization) -> int:
        return int(getattr(organization, "offer_count", 0))

    @display(description=_("state"), label=STATE_COLOURS, ordering="state")
    def shown_state(self, organization: Organization) -> tuple[str, str]:
        return organization.state, organization.get_state_display()

    # --- Moves of many, and suspension -----------------------------------------------------------------

    def _move_many(
        self, move: review.Move, request: HttpRequest, chosen: QuerySet[Organization]
    ) -> HttpResponse | None:
        ids = list(chosen.order_by("pk").values_list("pk", flat=True))
        if len(ids) > AT_ONCE and _hand_over:
            return _hand_over[0](request, move, ids)
        outcome = review.move_many(
            move, Organization.objects.filter(pk__in=ids).only("pk"), actor=curator(request)
        )
        report_outcome(request, outcome.done, outcome.skipped)
        return None

    @admin.action(description=APPROVE, permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Organization]) -> HttpResponse | None:
        return self._move_many(review.APPROVE, request, queryset)

    @admin.action(description=PUT_ON_HOLD, permissions=["change"])
    def put_on_hold(self, request: HttpRequest, queryset: QuerySet[Organization]) -> HttpResponse | None:
        return self._move_many(review.PUT_ON_HOLD, request, queryset)

    @admin.action(description=SUSPEND, permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Organization]) -> HttpResponse | None:
        return self._move_many(review.SUSPEND, request, queryset)

    @action(description=SUSPEND, permissions=["change"], dialog=review_dialog(SUSPEND))
    def suspend_this(self, request: HttpRequest, form: ReviewDialog, object_id: str) -> HttpResponse:
        found = self.get_object(request, object_id)
        if found is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        organization = Organization.objects.get(pk=found.pk)
        try:
            review.suspend(organization, actor=curator(request), reason=form.cleaned_data["reason"])
        except review.TransitionError as error:
            messages.error(request, str(error))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(
                request, gettext("The state is now: %(state)s.") % {"state": organization.get_state_display()}
            )
        return leave_dialog(request, reverse(f"admin:alliances_{self.kind}_change", args=[object_id]))

    @action(
        description=ADD_PERSON,
        permissions=["change"],
        dialog={
            "title": ADD_PERSON,
            "description": gettext_lazy(
                "The person consents for themselves; until then nothing is mailed to them."
            ),
            "form_class": PersonDialog,
            "form_submit_text": ADD_PERSON,
        },
    )
    def add_person(self, request: HttpRequest, form: PersonDialog, object_id: str) -> HttpResponse:
        found = self.get_object(request, object_id)
        if found is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        person = {name: form.cleaned_data[name] for name in ("email", "name", "language", "role")}
        try:
            team.add_team_member(Organization.objects.get(pk=found.pk), **person, actor=curator(request))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, gettext("The person is in the team."))
        return leave_dialog(request, reverse(f"admin:alliances_{self.kind}_change", args=[object_id]))


@admin.register(City)
class CityAdmin(OrganizationAdmin):
    kind = Kind.CITY


@admin.register(Firm)
class FirmAdmin(OrganizationAdmin):
    kind = Kind.FIRM


@admin.register(Alliance)
class AllianceAdmin(OrganizationAdmin):
    kind = Kind.ALLIANCE
    inlines = [NeedInline, OfferInline, PatronInline, MembershipInline, TeamInline]


@admin.register(Organization)
class AnyOrganizationAdmin(ImportPages, ModelAdmin):
    """Serves the search boxes that name an organization of any kind, and files of them.

    Their own pages are those by kind.
    """

    search_fields = ["code", "name_en", "name_zh", "aliases"]

    def get_model_perms(self, request: HttpRequest) -> dict[str, bool]:
        return {}

    def has_view_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        # One of them has its page by kind, which keeps its address for who proves who they are.
        return obj is None and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Organization | None = None) -> bool:
        return False
