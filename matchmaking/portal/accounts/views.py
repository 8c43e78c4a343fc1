"""The account page, and the pages where django-allauth's own stop short."""

from __future__ import annotations

import time
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from allauth.account.mixins import NextRedirectMixin
from allauth.account.utils import get_next_redirect_url
from allauth.account.views import BaseReauthenticateView, RequestLoginCodeView
from allauth.core import ratelimit
from allauth.core.internal.httpkit import add_query_params, authenticated_user
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.utils import is_mfa_enabled
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from alliances.models import User
from alliances.services.people import account_open, name_set, time_zone_set
from matchmaking.portal.accounts.forms import CodeForm, PersonForm, RequestCodeForm
from matchmaking.portal.accounts.zones import ZONE_IN_SESSION, zone_choices, zone_of_place
from matchmaking.portal.reader import reader
from matchmaking.services.account_mail import account_mail_queue

CODE_IN_SESSION = "reauthentication_code"
CODE_SECONDS = 15 * 60
TRIES = 3


@require_http_methods(["GET", "HEAD", "POST"])
def account_home(request: HttpRequest) -> HttpResponse:
    """What belongs to the account, each with a way to change it; name and time zone are changed here."""
    user = reader(request)
    stored = {"name": user.name, "time_zone": user.time_zone}
    form = PersonForm(request.POST if request.method == "POST" else None, initial=stored)
    place = zone_of_place(user)
    form.fields["time_zone"].widget.choices = zone_choices(place)
    if request.method == "POST" and _is_saved(form, user):
        request.session[ZONE_IN_SESSION] = place
        messages.success(request, _("Saved."))
        return redirect("account_home")
    context = {"form": form, "has_second_factor": is_mfa_enabled(user)}
    return render(request, "account/home.html", context, status=400 if form.is_bound else 200)


def _is_saved(form: PersonForm, user: User) -> bool:
    """Save all that was stated, or nothing and say in the form why."""
    if form.is_valid():
        try:
            with transaction.atomic():
                if form.cleaned_data["name"] != user.name:
                    name_set(user, form.cleaned_data["name"])
                time_zone_set(user, form.cleaned_data["time_zone"])
        except ValidationError as error:
            form.add_error(None, error)
    return form.is_valid()


class SignUp(RequestLoginCodeView):  # type: ignore[misc]
    """Opening an account is signing in with an address that is new: the same code, page and mail.

    So nobody learns here who has an account, and its owner, asked again, simply signs in.
    """

    template_name = "account/signup.html"

    def form_valid(self, form: RequestCodeForm) -> HttpResponse:
        if refusal := ratelimit.consume_or_429(self.request, action="signup"):
            return refusal  # type: ignore[no-any-return]
        language = get_language() or "en"
        person = account_open(form.cleaned_data["email"], language=language)
        form._user = person if person.is_active else None
        response: HttpResponse = super().form_valid(form)
        return response


class SetUpSecondFactor(NextRedirectMixin, ActivateTOTPView):  # type: ignore[misc]
    """Setting up an authenticator proves it, so it counts as the second factor of this session at once."""

    def form_valid(self, form: ActivateTOTPForm) -> HttpResponse:
        response: HttpResponse = super().form_valid(form)
        totp = Authenticator.objects.get(user=self.request.user, type=Authenticator.Type.TOTP)
        post_authentication(self.request, totp, reauthenticated=True)
        return response

    def get_success_url(self) -> str:
        url: str = reverse("mfa_view_recovery_codes")
        goal = get_next_redirect_url(self.request)
        return add_query_params(url, {"next": goal}) if goal else url


class RecoveryCodes(ViewRecoveryCodesView):  # type: ignore[misc]
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        goal = get_next_redirect_url(self.request)
        return {**super().get_context_data(**kwargs), "goal": goal or reverse("account_home")}


class ReauthenticateByCode(BaseReauthenticateView):  # type: ignore[misc]
    """For people without password and second factor: a code by email proves that it is still them."""

    form_class = CodeForm
    template_name = "account/reauthenticate_by_code.html"

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if "send" in request.POST:
            return self._send(request)
        response: HttpResponseBase = super().post(request, *args, **kwargs)
        return response

    def _send(self, request: HttpRequest) -> HttpResponseBase:
        user = authenticated_user(request)
        refusal = ratelimit.consume_or_429(request, action="request_login_code", key=user.email)
        if refusal:
            return refusal  # type: ignore[no-any-return]
        code = get_adapter().generate_login_code()
        request.session[CODE_IN_SESSION] = {"code": code, "at": time.time(), "tries": 0}
        account_mail_queue("reauthentication_code", user, user.email, code=code)
        response: HttpResponseBase = self.render_to_response(self.get_context_data(form=CodeForm()))
        return response

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "code": (self._pending() or {"code": ""})["code"]}

    def _pending(self) -> dict[str, Any] | None:
        """The code that was sent, while it is young and not guessed at too often."""
        pending: dict[str, Any] | None = self.request.session.get(CODE_IN_SESSION)
        if pending and time.time() - pending["at"] < CODE_SECONDS and pending["tries"] < TRIES:
            return pending
        return None

    def form_invalid(self, form: CodeForm) -> HttpResponse:
        if pending := self._pending():
            self.request.session[CODE_IN_SESSION] = {**pending, "tries": pending["tries"] + 1}
        response: HttpResponse = super().form_invalid(form)
        return response

    def form_valid(self, form: CodeForm) -> HttpResponse:
        del self.request.session[CODE_IN_SESSION]
        record_authentication(self.request, self.request.user, method="code", reauthenticated=True)
        response: HttpResponse = super().form_valid(form)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "is_sent": self._pending() is not None}
