"""What a person's account says of them."""

from __future__ import annotations

from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from alliances.enums import MailFrequency
from alliances.models import User


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


def address_replaced(user: User) -> None:
    """After staff gave the person another address: with any other one they do not sign in any more."""
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
