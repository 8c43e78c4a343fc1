"""People, their consents, and the register's trail of events."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action, display
from unfold.forms import AdminPasswordChangeForm, BaseDialogForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminTextInputWidget

from alliances.admin.base import ActionsAdmin, ReadOnlyAdmin, curator, leave_dialog
from alliances.admin.contacts import Contact, ContactPages, Contacts
from alliances.models import Consent, RegisterEvent, TeamMember, User
from alliances.models.account import address_end, named
from alliances.proof import is_proven, proof_page
from alliances.services.people import address_set

CHANGE_ADDRESS = _("Change the address")

admin.site.unregister(Group)


class TeamInline(TabularInline):
    """Where the person has a place. It is given and taken on the organization's page, which records it."""

    model = TeamMember
    fields = ["organization", "role"]
    extra = 0
    hide_title = True
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


class LowerCaseEmail:
    """One address is one person, however it is typed."""

    cleaned_data: dict[str, Any]

    def clean_email(self) -> str:
        return str(self.cleaned_data["email"]).lower()


class NewPersonForm(LowerCaseEmail, UserCreationForm):
    pass


class AddressDialog(BaseDialogForm):
    address = forms.EmailField(
        label=_("New email address"),
        max_length=254,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )


class ConsentInline(TabularInline):
    """What the person agreed to and took back, oldest first. Only the person adds to it."""

    model = Consent
    fields = ["purpose", "granted", "text_version", "language", "channel", "at"]
    readonly_fields = fields
    ordering = ["id"]
    extra = 0
    hide_title = True
    max_num = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False


@admin.register(User)
class UserAdmin(DjangoUserAdmin, ContactPages, ActionsAdmin):  # type: ignore[type-arg]
    """People by name and by where their address is; the address itself is shown like any contact."""

    form = UserChangeForm
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    ordering = ["email"]
    list_display = ["person", "language", "mail_frequency", "is_active", "is_staff"]
    list_filter = ["is_staff", "is_active", "language"]
    # Who knows the whole address finds the person; parts of it would be guessed letter by letter.
    search_fields = ["=email", "name"]
    search_help_text = _("A name or part of it, or a whole email address.")
    readonly_fields = ["address", "last_login", "joined_at"]
    actions_detail = ["show_contacts", "change_address"]
    filter_horizontal = ["groups", "user_permissions"]
    fieldsets = [
        (None, {"fields": ["address", "password", "name", "language", "mail_frequency"]}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Times"), {"fields": ["last_login", "joined_at"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "language", "password1", "password2"]})]
    inlines = [TeamInline, ConsentInline]

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj else []

    @display(description=_("person"), ordering="name")
    def person(self, user: User) -> str:
        return named(user)

    @display(description=_("email"))
    def address(self, user: User) -> str:
        return address_end(user.email)

    def contacts_of(self, row: User) -> Contacts:
        role = _("Staff") if row.is_staff else ""
        contact = Contact(role, row.name, row.email, row.get_language_display())
        return Contacts(named(row), [contact], None, {"person": row.pk})

    @action(
        description=CHANGE_ADDRESS,
        permissions=["contacts"],
        dialog={
            "title": CHANGE_ADDRESS,
            "description": _("With any other address the person does not sign in any more."),
            "form_class": AddressDialog,
            "form_submit_text": CHANGE_ADDRESS,
        },
    )
    def change_address(self, request: HttpRequest, form: AddressDialog, object_id: str) -> HttpResponse:
        person = self.get_object(request, object_id)
        if person is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        try:
            address_set(person, form.cleaned_data["address"])
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            self.log_change(request, person, [{"changed": {"fields": ["email"]}}])
            messages.success(request, gettext("The person has the new address."))
        return leave_dialog(request, reverse("admin:alliances_user_change", args=[object_id]))

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:  # noqa: A002
        # Whoever gives somebody else a password, on a page that holds their address, has proved who they are.
        if not is_proven(request):
            return redirect(proof_page(curator(request), request.get_full_path()))
        return super().user_change_password(request, id, form_url)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        # Erasing a person takes their mail along; a bare delete would leave it.
        return False


@admin.register(Group)
class GroupAdmin(ModelAdmin):
    search_fields = ["name"]
    filter_horizontal = ["permissions"]


@admin.register(RegisterEvent)
class RegisterEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "organization", "actor_id", "data"]
    list_filter = ["kind"]
    list_select_related = ["organization"]
    search_fields = ["organization__code"]
