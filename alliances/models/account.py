"""People: the account, its place in organizations, and what the person consented to."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from alliances.enums import ConsentPurpose, MailFrequency, TeamRole

# What stands around an address in mails, markup and the answers of servers is no part of it.
ADDRESS = re.compile(r"[^\s<>\"'(),;:@]+@([^\s<>\"'(),;:@]+)")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        """A person known by one email address; without a password they can sign in by email code only."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email__iexact=username)


class User(AbstractBaseUser, PermissionsMixin):
    """A person. Known by email from the first migration; there is no user name."""

    email = models.EmailField(_("email"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=150, blank=True)
    language = models.CharField(
        _("language"), max_length=10, choices=[("en", "English"), ("zh-hans", "简体中文")], default="en"
    )
    time_zone = models.CharField(_("time zone"), max_length=40, blank=True)
    mail_frequency = models.CharField(
        _("mail frequency"), max_length=12, choices=MailFrequency, default=MailFrequency.WEEKLY
    )
    interest_mail = models.BooleanField(_("emails about open interests"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May open the curation desk."))
    joined_at = models.DateTimeField(_("joined at"), db_default=Now(), editable=False)

    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            # With `unique`, this makes an address belong to one person however it is typed.
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")), name="%(app_label)s_%(class)s_email_lower_case"
            ),
        ]

    def __str__(self) -> str:
        # Pages of the desk and its record name people by this: their addresses are on a page of their own.
        return named(self)

    def get_short_name(self) -> str:
        return self.name or self.email

    def proven_addresses(self) -> models.QuerySet[Any, str]:
        """The account's address, where a code or link sent to it has proven that it is the person's."""
        proven: models.QuerySet[Any, str] = self.emailaddress_set.filter(  # type: ignore[attr-defined]
            email=self.email, verified=True
        ).values_list("email", flat=True)
        return proven


def address_end(email: str) -> str:
    """Where an address is; its beginning is for whoever is shown contacts."""
    return f"…@{email.rpartition('@')[2]}"


def masked(text: str) -> str:
    """A text with every address in it as `address_end` shows it."""
    return ADDRESS.sub(r"…@\1", text)


def named(user: User) -> str:
    """A person by name, and by where they have their address."""
    return f"{user.name} ({address_end(user.email)})" if user.name else address_end(user.email)


class TeamMember(models.Model):
    """A person in an organization. Not to be confused with an organization's membership of an alliance."""

    user = models.ForeignKey(
        User, verbose_name=_("person"), on_delete=models.CASCADE, related_name="team_memberships"
    )
    organization = models.ForeignKey(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        related_name="team_members",
    )
    role = models.CharField(_("role"), max_length=10, choices=TeamRole, default=TeamRole.VIEWER)
    joined_at = models.DateTimeField(_("joined at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("team member")
        verbose_name_plural = _("team members")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organization"], name="%(app_label)s_%(class)s_person_once"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=TeamRole.values), name="%(app_label)s_%(class)s_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} in {self.organization_id}"

    @property
    def person(self) -> str:
        """Who it is, for staff: by name, and by where they have their address."""
        return named(self.user)


class Consent(models.Model):
    """One act of consent or of taking it back. Rows are added, never changed; the newest a purpose counts."""

    user = models.ForeignKey(
        User, verbose_name=_("person"), on_delete=models.CASCADE, related_name="consents"
    )
    purpose = models.CharField(_("purpose"), max_length=20, choices=ConsentPurpose)
    granted = models.BooleanField(_("granted"))
    text_version = models.CharField(_("text version"), max_length=40)
    language = models.CharField(_("language"), max_length=10)
    channel = models.CharField(_("channel"), max_length=20)
    at = models.DateTimeField(_("at"), db_default=Now(), editable=False)

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        indexes = [models.Index(fields=["user", "purpose", "-id"], name="consent_newest")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(purpose__in=ConsentPurpose.values),
                name="%(app_label)s_%(class)s_purpose_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user_id} {self.purpose} {self.granted}"
