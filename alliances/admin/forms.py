"""What a curator fills in about an organization: its profile, a review decision, a person of its team."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from alliances.enums import Kind, TeamRole
from alliances.importing.entries import VALUE_FIELDS, OrganizationEntry
from alliances.models import Organization, User
from alliances.services import register

SETS = {"languages", "seeks", "refuses", "partnership_types"}


class OrganizationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A profile as staff edit it, under the rules that files and pages are under."""

    kind: Kind

    class Meta:
        model = Organization
        fields = ["code", *(name for name in VALUE_FIELDS if name != "kind")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SETS & set(self.fields):
            model_field = Organization._meta.get_field(name)
            choices = model_field.base_field.choices  # type: ignore[union-attr]
            self.fields[name] = forms.TypedMultipleChoiceField(
                label=model_field.verbose_name,  # type: ignore[union-attr]
                choices=choices,
                required=False,
                widget=forms.CheckboxSelectMultiple,
            )

        if "aliases" in self.fields:
            self.fields["aliases"].widget = UnfoldAdminTextInputWidget()
            self.fields["aliases"].help_text = gettext_lazy("Other names, separated by commas.")

    def entry(self) -> OrganizationEntry:
        """What the form states: all of it for a new organization, else what was changed."""
        fields = VALUE_FIELDS if self.instance.pk is None else self.changed_data
        values = {name: self.cleaned_data[name] for name in fields if name in self.cleaned_data}
        if self.instance.pk is None:
            values["kind"] = str(self.kind)
        return OrganizationEntry(code=self.instance.code or self.cleaned_data["code"], values=values)

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if not self.errors:
            self.instance.kind = self.kind
            for field, problems in register.entry_errors(self.entry()).items():
                for problem in problems:
                    self.add_error(field if field in self.fields else None, problem)
        return cleaned


class ReviewDialog(BaseDialogForm):
    """The reason of a review decision; it goes into the organization's history."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), required=False, max_length=200, widget=UnfoldAdminTextInputWidget
    )


class PersonDialog(BaseDialogForm):
    """A person to give a place in the organization's team."""

    email = forms.CharField(label=gettext_lazy("Email"), widget=UnfoldAdminTextInputWidget)
    name = forms.CharField(
        label=gettext_lazy("Name"), required=False, max_length=150, widget=UnfoldAdminTextInputWidget
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=User._meta.get_field("language").choices or [],
        widget=UnfoldAdminSelectWidget,
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=TeamRole.choices, widget=UnfoldAdminSelectWidget
    )


def review_dialog(description: Any) -> dict[str, Any]:
    return {
        "title": description,
        "description": gettext_lazy("The decision and its reason are kept in the history."),
        "form_class": ReviewDialog,
        "form_submit_text": description,
    }
