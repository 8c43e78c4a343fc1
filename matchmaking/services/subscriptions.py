"""Ending a subscription from a mail: a signed link that never expires, for one person and one purpose."""

from __future__ import annotations

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from alliances.enums import ConsentPurpose
from alliances.models import User
from alliances.selectors import has_consent
from alliances.services.consent import consent_withdraw

# The text that the person takes back, as told on the page that asks.
TEXT_VERSION = "unsubscribe-1"


class InvalidLinkError(Exception):
    """The token was altered, or made for something else."""


def _signer() -> Signer:
    # The salt is the purpose: a token made for anything else fails here.
    return Signer(key=settings.LINK_KEY, salt="matchmaking.unsubscribe.digest", fallback_keys=[])


def unsubscribe_token(user: User) -> str:
    """The token that ends this person's digest."""
    return _signer().sign(str(user.pk))


def unsubscribe_url(user: User) -> str:
    """The address of the page that ends this person's digest, on the site's fixed address."""
    return settings.SITE_URL + reverse("portal:unsubscribe", args=[unsubscribe_token(user)])


def subscriber(token: str) -> User | None:
    """Whose token this is; None where the person is gone. Raises InvalidLinkError."""
    try:
        number = int(_signer().unsign(token))
    except (BadSignature, ValueError) as error:
        raise InvalidLinkError from error
    return User.objects.filter(pk=number).first()


def unsubscribe(token: str, *, channel: str) -> None:
    """End the digest of the token's person; twice, or for a person who is gone, changes nothing.

    Raises InvalidLinkError.
    """
    user = subscriber(token)
    if user is not None and has_consent(user, ConsentPurpose.DIGEST):
        consent_withdraw(
            user,
            ConsentPurpose.DIGEST,
            language=user.language,
            channel=channel,
            text_version=TEXT_VERSION,
        )
