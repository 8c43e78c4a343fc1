"""Where this service decides otherwise than django-allauth does by itself."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from alliances.models import User
from alliances.validators import one_email
from matchmaking.portal.accounts.zones import ZONE_IN_SESSION, zone_of_place
from matchmaking.portal.language import remember_language
from matchmaking.portal.reader import reader
from matchmaking.services.account_mail import account_mail_queue

WAIT = _("Too many attempts. Wait a few minutes and try again.")
FACTS = ("from_email", "to_email", "deleted_email")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    error_messages: Mapping[str, Any] = {
        **DefaultAccountAdapter.error_messages,
        "incorrect_code": _("This code is not right. Compare it with the newest email."),
        "too_many_login_attempts": WAIT,
        "rate_limited": WAIT,
        "email_password_mismatch": _("Email address and password do not belong together."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Not by django-allauth's own form: `views.SignUp` opens accounts."""
        return False

    def clean_email(self, email: str) -> str:
        return one_email(email)

    def pre_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse | None:
        """Whom the team entered has no address on file here yet: the account's own is taken as theirs.

        Somebody who signed up has one, and confirms it first.
        """
        EmailAddress.objects.get_or_create(
            user=user, email=user.email, defaults={"primary": True, "verified": True}
        )
        response: HttpResponse | None = super().pre_login(request, user, **options)
        return response

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        """From here on the site speaks the person's language and shows times of their place."""
        response: HttpResponse = super().post_login(request, user, **options)
        request.session[ZONE_IN_SESSION] = zone_of_place(user)
        remember_language(response, user.language)
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Home; without an organization to the desk (staff) or to registration."""
        user = reader(request)
        if user.team_memberships.exists():
            return reverse("portal:dashboard")
        return reverse("admin:index" if user.is_staff else "portal:register")

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """An address belongs to one account, also where its owner has not signed in yet."""
        if User.objects.filter(email=email_address.email).exclude(pk=email_address.user_id).exists():
            self.add_message(request, messages.ERROR, "account/messages/email_confirmation_failed.txt")
            return False
        confirmed: bool = super().confirm_email(request, email_address)
        return confirmed

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: EmailConfirmation) -> str:
        return settings.SITE_URL + reverse("account_confirm_email", args=[emailconfirmation.key])

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        return reverse("account_home")

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        self.send_mail(template_prefix, email or user.email, {**(context or {}), "user": user})

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Into the outbox. An address without account costs the same work and gets nothing."""
        name = template_prefix.rpartition("/")[2].removesuffix("_signup")
        user = context.get("user") or User.objects.filter(email=email).first()
        if name == "unknown_account":
            name, user, context = "login_code", None, {"code": self.generate_login_code()}
        account_mail_queue(
            name,
            user,
            email,
            code=context.get("code", ""),
            url=context.get("activate_url", ""),
            facts={fact: context[fact] for fact in FACTS if fact in context},
        )

    def is_reauthentication_required(self, *, app: str, **options: Any) -> bool:
        """Whoever proved who they are within the last minutes, signing in included, is not asked again.

        Raises:
            ReauthenticationRequired: others are, also those who have neither password nor second factor.
        """
        if not super().is_reauthentication_required(app=app, **options):
            return False
        limit = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
        records = get_authentication_records(self.request, self.request.user)
        if not any(record["at"] > limit for record in records):
            raise ReauthenticationRequired
        return False

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        """The ways to prove it again; a code by email for those who have no other."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return methods or [
            {
                "id": "reauthenticate_by_code",
                "description": _("Use a code by email"),
                "url": reverse("account_reauthenticate_by_code"),
            }
        ]


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    error_messages: Mapping[str, Any] = {
        **DefaultMFAAdapter.error_messages,
        "incorrect_code": _("This code is not right. Wait for the next one and try again."),
    }
