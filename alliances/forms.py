"""The profile of an organization as forms, under the rules that files and programs are under."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator, ProhibitNullCharactersValidator
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from alliances.importing import cells
from alliances.importing.entries import OrganizationEntry
from alliances.models import Organization
from alliances.models.organization import MOST_ALIASES, NAME_LENGTH

SETS = {"languages", "seeks", "refuses", "partnership_types"}
CELL = cells.CellContext(";", (), ())


class PlainTextField(forms.CharField):
    """Text whose characters the register's own validators judge, and whose length is refused in words."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        ours = (MaxLengthValidator, ProhibitNullCharactersValidator)
        self.validators = [one for one in self.validators if not isinstance(one, ours)]

    def run_validators(self, value: Any) -> None:
        if self.max_length is not None and len(value) > self.max_length:
            raise ValidationError(
                _("%(name)s is too long (%(length)s; limit %(limit)s)."),
                params={
                    "name": capfirst(str(self.label)),
                    "length": f"{len(value):,}",
                    "limit": f"{self.max_length:,}",
                },
                code="too_long",
            )
        super().run_validators(value)


class NamesField(PlainTextField):
    """Names parted by semicolons, to and from a list."""

    def prepare_value(self, value: Any) -> Any:
        return "; ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> Any:
        text = str(super().clean(value) or "").replace("\r", "").replace("\n", ";").replace("；", ";")
        return cells.aliases(NAME_LENGTH, MOST_ALIASES)(text, CELL)


def set_field(name: str) -> forms.TypedMultipleChoiceField:
    """A column that holds a set of words of a vocabulary, to be ticked."""
    column: Any = Organization._meta.get_field(name)
    return forms.TypedMultipleChoiceField(
        label=capfirst(column.verbose_name),
        choices=column.base_field.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]
    """Some columns of an organization; a subclass names them. What is wrong with them, the service says."""

    class Meta:
        model = Organization
        fields: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name in SETS:
                self.fields[name] = set_field(name)
            elif isinstance(field, forms.TypedChoiceField):
                column: Any = Organization._meta.get_field(name)
                field.choices = [("", _("Not stated")), *column.choices]
            elif name == "aliases":
                self.fields[name] = NamesField(
                    label=field.label, required=False, help_text=_("Several are parted by semicolons.")
                )
            elif type(field) in (forms.CharField, forms.URLField):
                assert isinstance(field, forms.CharField)  # noqa: S101
                limit = field.max_length
                multiline = isinstance(field.widget, forms.Textarea)
                self.fields[name] = PlainTextField(
                    label=field.label,
                    required=False,
                    max_length=limit,
                    widget=forms.Textarea(attrs={"rows": 4}) if multiline else forms.TextInput(),
                )

    def clean_website(self) -> str:
        return str(cells.website(self.cleaned_data["website"], CELL))

    def entry(self) -> OrganizationEntry:
        """What the form states of the organization that it was opened on."""
        columns = self._meta.fields or ()
        values = {name: self.cleaned_data[name] for name in columns if name in self.cleaned_data}
        return OrganizationEntry(code=self.instance.code, values=values)

    def _post_clean(self) -> None:
        """Leave the instance as it is: the service lays the entry over it and judges the whole."""


def show_refusal(form: forms.BaseForm, refusal: ValidationError) -> None:
    """Say what a service refused, at the field where the form has it, else above the form."""
    by_field = refusal.message_dict if hasattr(refusal, "error_dict") else {"": refusal.messages}
    for name, messages in by_field.items():
        for message in messages:
            form.add_error(name if name in form.fields else None, message)
