"""Addresses that get no bulk mail any more: known by a keyed hash, which says nothing of whom they were."""

from __future__ import annotations

from django.conf import settings
from django.utils.crypto import salted_hmac

from alliances.models import User
from matchmaking.models import Suppression

ERASED = "erased"


def address_hash(address: str) -> str:
    """The keyed hash under which an address is remembered."""
    return salted_hmac(
        "matchmaking.suppression", address.lower(), secret=settings.LINK_KEY, algorithm="sha256"
    ).hexdigest()


def is_suppressed(address: str) -> bool:
    return Suppression.objects.filter(address_hash=address_hash(address)).exists()


def suppress(address: str, reason: str) -> None:
    """Send no bulk mail there from now on. The first reason stays."""
    Suppression.objects.get_or_create(address_hash=address_hash(address), defaults={"reason": reason})


def welcome_back(user: User) -> None:
    """Whoever comes back after an erasure and asks for bulk mail gets it; what bounced stays suppressed."""
    Suppression.objects.filter(address_hash=address_hash(user.email), reason=ERASED).delete()
