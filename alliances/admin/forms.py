"""What a curator fills in about an organization: its profile, a review decision, a person of its team."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from alliances.enums import Kind, TeamRole
from alliances.forms import SETS, set_field
from alliances.importing.entries import VALUE_FIELDS, OrganizationEntry
from alliances.models import Organization, User
from alliances.services import register


class OrganizationForm(forms.ModelForm):  # type: ignore[type-arg]
    """A profile as staff edit it, under the rules that files and pages are under."""

    kind: Kind

    class Meta:
        model = Organization
        fields = ["code", *(name for name in VALUE_FIELDS if name != "kind")]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in SETS & set(self.fields):
            self.fields[name] = set_field(name)
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
    """The reason of a review decision: its organization reads it, and the history keeps it."""

    reason = forms.CharField(
        label=gettext_lazy("Reason"), required=False, max_length=2000, widget=UnfoldAdminTextareaWidget
    )


class PersonDialog(BaseDialogForm):
    """A person to give a place in the organization's team."""

    email = forms.CharField(label=gettext_lazy("Email"), widget=UnfoldAdminTextInputWidget)
    name = forms.CharField(
        label=gettext_lazy("Name"), required=False, max_length=150, widget=UnfoldAdminTextInputWidget
    )
    language = forms.ChoiceField(
        label=pgettext_lazy("of a person", "Language"),
        choices=User._meta.get_field("language").choices or [],
        widget=UnfoldAdminSelectWidget,
    )
    role = forms.ChoiceField(
        label=gettext_lazy("Role"), choices=TeamRole.choices, widget=UnfoldAdminSelectWidget
    )


def review_dialog(description: Any) -> dict[str, Any]:
    return {
        "title": description,
        "description": gettext_lazy(
            "The organization is told the decision and reads the reason. Both are kept."
        ),
        "form_class": ReviewDialog,
        "form_submit_text": description,
    }
