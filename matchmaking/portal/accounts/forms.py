"""The forms that take an address or a code."""

from __future__ import annotations

from allauth.account.adapter import get_adapter
from allauth.account.forms import ConfirmLoginCodeForm, RequestLoginCodeForm
from allauth.account.forms import ResetPasswordForm as AllauthResetPasswordForm
from allauth.core import context, ratelimit
from django.forms import CharField, Form, Select, TextInput
from django.utils.translation import gettext_lazy as _

from alliances.validators import one_email

CODE_LENGTH = 40


def address_field() -> CharField:
    """One address; its form is checked by the register's own rule, not by the browser's."""
    return CharField(
        label=_("Email"), max_length=254, widget=TextInput(attrs={"type": "email", "autocomplete": "email"})
    )


class RequestCodeForm(RequestLoginCodeForm):  # type: ignore[misc]
    email = address_field()

    def clean_email(self) -> str:
        self.cleaned_data["email"] = one_email(self.cleaned_data["email"])
        address: str = super().clean_email()
        return address


class ResetPasswordForm(AllauthResetPasswordForm):  # type: ignore[misc]
    email = address_field()

    def clean_email(self) -> str:
        self.cleaned_data["email"] = one_email(self.cleaned_data["email"])
        address: str = super().clean_email()
        return address


class CodeForm(ConfirmLoginCodeForm):  # type: ignore[misc]
    """A code from a mail. Guesses are counted outside of the session too: parallel ones overwrite it."""

    code = CharField(
        label=_("Code from the email"),
        max_length=CODE_LENGTH,
        widget=TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "characters", "spellcheck": "false"}
        ),
    )

    def clean_code(self) -> str:
        request = context.request
        if not ratelimit.consume(request, action="confirm_login_code", key=request.session.session_key or ""):
            raise get_adapter().validation_error("too_many_login_attempts")
        code: str = super().clean_code()
        return code


class PersonForm(Form):
    """What the person is called and which clock they read. What may be said, the services know."""

    name = CharField(
        label=_("Your name"),
        required=False,
        help_text=_("Your colleagues see it, and those to whom you are introduced."),
        widget=TextInput(attrs={"autocomplete": "name"}),
    )
    time_zone = CharField(
        label=_("Time zone"),
        required=False,
        help_text=_("Times on these pages are those of this zone."),
        widget=Select,
    )
