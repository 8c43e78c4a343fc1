"""What a person's account says of them."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from zoneinfo import available_timezones

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from alliances.enums import InvitationState, MailFrequency
from alliances.models import TeamInvitation, User
from alliances.validators import validate_plain_name

UNUSED_FOR = timedelta(days=7)


def account_open(address: str, *, language: str) -> User:
    """The person of this address (one, checked); an account where there is none yet.

    Nothing is known of a new one until its owner has signed in with a code from that mailbox.
    """
    person = User.objects.filter(email=address).first()
    if person is None:
        try:
            with transaction.atomic():
                person = User.objects.create_user(address, language=language)
        except IntegrityError:  # somebody asked twice at once
            person = User.objects.get(email=address)
    return person


def unused_accounts() -> QuerySet[User]:
    """Accounts that were opened and never signed in to for a week.

    Staff are none of them, nor whoever has a place in a team or is invited to one: others entered these.
    """
    invited = TeamInvitation.objects.filter(
        email=OuterRef("email"), state=InvitationState.PENDING, expires_at__gt=Now()
    )
    return User.objects.filter(
        ~Exists(invited),
        last_login=None,
        is_staff=False,
        team_memberships=None,
        joined_at__lt=Now() - UNUSED_FOR,
    )


@cache
def time_zones() -> frozenset[str]:
    """The IANA names of all time zones that this machine knows."""
    return frozenset(available_timezones())


def name_set(user: User, name: str) -> None:
    """Call the person by this name from now on.

    Raises:
        ValidationError: of `name`: empty, too long, or no plain name.
    """
    name = name.strip()
    limit = User._meta.get_field("name").max_length or 0
    if not name:
        raise ValidationError({"name": _("Give your name: your colleagues and partners see it.")})
    if len(name) > limit:
        raise ValidationError(
            {
                "name": _("The name is too long (%(length)s; limit %(limit)s).")
                % {"length": len(name), "limit": limit}
            }
        )
    try:
        validate_plain_name(name)
    except ValidationError as error:
        raise ValidationError({"name": error}) from error
    user.name = name
    user.save(update_fields=["name"])


def time_zone_set(user: User, name: str) -> None:
    """Show the person times of this zone from now on; empty, of where their organization is.

    Raises:
        ValidationError: by field, not the IANA name of a zone.
    """
    if name and name not in time_zones():
        raise ValidationError(
            {
                "time_zone": _("The time zone is %(value)s, which is not known. Choose one from the list.")
                % {"value": name[:40]}
            }
        )
    user.time_zone = name
    user.save(update_fields=["time_zone"])


def language_set(user: User, language: str) -> None:
    """Write to this person in `language` from now on.

    Raises:
        ValidationError: a language that nothing is written in.
    """
    known = [code for code, _name in User._meta.get_field("language").flatchoices]
    if language not in known:
        raise ValidationError(
            _("Language is %(language)s. Use one of %(known)s."),
            params={"language": language, "known": ", ".join(known)},
            code="unknown_language",
        )
    user.language = language
    user.save(update_fields=["language"])


def mail_frequency_set(user: User, frequency: str) -> None:
    """Send the person's digest this often from now on.

    Raises:
        ValidationError: not one of the frequencies.
    """
    if frequency not in MailFrequency.values:
        raise ValidationError(
            _("The frequency is %(value)s. Use one of %(known)s."),
            params={"value": frequency[:20], "known": ", ".join(MailFrequency.values)},
            code="unknown_frequency",
        )
    user.mail_frequency = frequency
    user.save(update_fields=["mail_frequency"])


def interest_mail_set(user: User, wanted: bool) -> None:
    """Write to the person of open interests, or not any more."""
    user.interest_mail = wanted
    user.save(update_fields=["interest_mail"])


def address_set(user: User, address: str) -> None:
    """Have the person known by this address from now on; with any other they do not sign in any more.

    Raises:
        ValidationError: no address, or somebody else's.
    """
    user.email = address.strip().lower()
    user.full_clean(exclude=[field.name for field in User._meta.get_fields() if field.name != "email"])
    with transaction.atomic():
        user.save(update_fields=["email"])
        EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
