"""Ending a subscription from a mail: a signed link that never expires, for one person and one of these."""

from __future__ import annotations

from typing import NamedTuple

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from alliances.enums import ConsentPurpose
from alliances.models import User
from alliances.selectors import has_consent
from alliances.services.consent import consent_withdraw
from alliances.services.people import interest_mail_set
from matchmaking.enums import Subscription

# The text that the person takes back, as told on the page that asks.
TEXT_VERSION = "unsubscribe-1"


class InvalidLinkError(Exception):
    """The token was altered, or made for something else."""


class Subscribed(NamedTuple):
    """What a link ends, and for whom; None where the person is gone."""

    subscription: Subscription
    user: User | None


def _signer(subscription: Subscription) -> Signer:
    # The salt is the purpose: a token made for anything else fails here.
    return Signer(key=settings.LINK_KEY, salt=f"matchmaking.unsubscribe.{subscription}", fallback_keys=[])


def unsubscribe_token(user: User, subscription: Subscription = Subscription.DIGEST) -> str:
    """The token that ends this person's subscription."""
    return _signer(subscription).sign(str(user.pk))


def unsubscribe_url(user: User, subscription: Subscription = Subscription.DIGEST) -> str:
    """The address of the page that ends the subscription, on the site's fixed address."""
    return settings.SITE_URL + reverse("portal:unsubscribe", args=[unsubscribe_token(user, subscription)])


def subscribed(token: str) -> Subscribed:
    """Whose token this is, and for what. Raises InvalidLinkError."""
    for subscription in Subscription:
        try:
            number = int(_signer(subscription).unsign(token))
        except (BadSignature, ValueError):
            continue
        return Subscribed(subscription, User.objects.filter(pk=number).first())
    raise InvalidLinkError


def unsubscribe(token: str, *, channel: str) -> None:
    """End the subscription of the token's person; twice, or for a person who is gone, changes nothing.

    Raises InvalidLinkError.
    """
    subscription, user = subscribed(token)
    if user is None:
        return
    if subscription == Subscription.INTEREST:
        interest_mail_set(user, wanted=False)
    elif has_consent(user, ConsentPurpose.DIGEST):
        consent_withdraw(
            user,
            ConsentPurpose.DIGEST,
            language=user.language,
            channel=channel,
            text_version=TEXT_VERSION,
        )
