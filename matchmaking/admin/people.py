"""Erasing a person who asks for it: the register's page of people, with the whole service's erasure."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import action
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from alliances.admin.base import curator, leave_dialog
from alliances.admin.people import UserAdmin
from alliances.models import User
from matchmaking.services.erasure import person_erase
from matchmaking.services.roles import ROLES

ERASE = gettext_lazy("Erase")

admin.site.unregister(User)


class RolesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Groups, of which the roles are stored in English and read in the reader's language."""

    def label_from_instance(self, obj: Group) -> str:
        return str(ROLES[obj.name].label) if obj.name in ROLES else obj.name


class EraseDialog(BaseDialogForm):
    """The person's address once more, so that nobody else is erased by a slip."""

    address = forms.CharField(
        label=gettext_lazy("The person’s email address"),
        max_length=254,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )


@admin.register(User)
class PersonAdmin(UserAdmin):
    actions_detail = [*UserAdmin.actions_detail, "erase_person"]

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "groups":
            kwargs["form_class"] = RolesField
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def has_erase_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        # Not named in the button itself: the theme would look for it in the database before there is one.
        return curator(request).has_perm("alliances.delete_user")

    @action(
        description=ERASE,
        permissions=["erase"],
        dialog={
            "title": gettext_lazy("Erase this person"),
            "description": gettext_lazy(
                "Account, consents, mail, notes and every mention go at once and for good; numbers in the "
                "record stay. Type the person’s address to confirm."
            ),
            "form_class": EraseDialog,
            "form_submit_text": ERASE,
        },
    )
    def erase_person(self, request: HttpRequest, form: EraseDialog, object_id: str) -> HttpResponse:
        person = self.get_object(request, object_id)
        if person is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        back = leave_dialog(request, reverse("admin:alliances_user_change", args=[object_id]))
        if form.cleaned_data["address"].strip().lower() != person.email:
            messages.error(request, gettext("That is not the person’s address. Nothing was erased."))
            return back
        try:
            person_erase(person, by=curator(request))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return back
        messages.success(request, gettext("The person is erased."))
        return leave_dialog(request, reverse("admin:alliances_user_changelist"))
