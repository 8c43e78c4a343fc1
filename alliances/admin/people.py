"""People, their consents, and the register's trail of events."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from alliances.admin.base import ReadOnlyAdmin
from alliances.models import Consent, RegisterEvent, TeamMember, User
from alliances.services.people import address_replaced

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


class PersonForm(LowerCaseEmail, UserChangeForm):
    pass


class NewPersonForm(LowerCaseEmail, UserCreationForm):
    pass


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
class UserAdmin(DjangoUserAdmin, ModelAdmin):  # type: ignore[type-arg]
    form = PersonForm
    add_form = NewPersonForm
    change_password_form = AdminPasswordChangeForm
    ordering = ["email"]
    list_display = ["email", "name", "language", "mail_frequency", "is_active", "is_staff"]
    list_filter = ["is_staff", "is_active", "language"]
    search_fields = ["email", "name"]
    readonly_fields = ["last_login", "joined_at"]
    filter_horizontal = ["groups", "user_permissions"]
    fieldsets = [
        (None, {"fields": ["email", "password", "name", "language", "mail_frequency"]}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "is_superuser", "groups", "user_permissions"]}),
        (_("Times"), {"fields": ["last_login", "joined_at"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "name", "language", "password1", "password2"]})]
    inlines = [TeamInline, ConsentInline]

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return self.inlines if obj else []

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "email" in form.changed_data:
            address_replaced(obj)

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
