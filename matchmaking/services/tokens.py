"""API tokens: made and shown once, told by a keyed hash, revoked.

A token is `mm_`, its id and a secret of 256 bits. It does what the person who made it may do, in one
organization and for as long as the person is in its team.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import NamedTuple

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from alliances.models import Organization, TeamMember, User
from matchmaking.enums import TokenScope
from matchmaking.models import ApiToken, CurationEvent
from matchmaking.models.token import LONGEST_LIFE
from matchmaking.selectors.introductions import CONTACT_ROLES

log = structlog.get_logger(__name__)

SHAPE = re.compile(r"mm_(?P<id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})")


class Issued(NamedTuple):
    """A new token and the words to send, which cannot be shown again."""

    token: ApiToken
    words: str


class TokenAccess(NamedTuple):
    """A token that was accepted, and whether its scope and the person's role let it write now."""

    token: ApiToken
    may_write: bool


@transaction.atomic
def token_issue(organization: Organization, *, name: str, scope: TokenScope, days: int, by: User) -> Issued:
    """Make a token that acts for `by` in the organization, for so many days (at most 365).

    Raises:
        PermissionDenied: not an owner or editor of the organization.
        ValidationError: by field, a name that is missing or wrong, a scope that is not known, too many days.
    """
    team = organization.team_members.filter(user=by, role__in=CONTACT_ROLES)
    if not by.is_active or not team.exists():
        raise PermissionDenied
    if not 1 <= days <= LONGEST_LIFE.days:
        limit = {"limit": LONGEST_LIFE.days}
        raise ValidationError({"days": _("A token lasts from 1 to %(limit)s days.") % limit})
    key_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    token = ApiToken(
        organization=organization,
        user=by,
        name=name.strip(),
        key_id=key_id,
        key_hash=_hash(key_id, secret, settings.TOKEN_KEYS[0]),
        scope=scope,
        expires_at=timezone.now() + timedelta(days=days),
    )
    token.clean_fields(exclude=["created_at", "last_used_at", "revoked_at"])
    token.save()
    _record(token, "issued", by)
    return Issued(token, f"mm_{key_id}_{secret}")


@transaction.atomic
def token_revoke(token: ApiToken, *, by: User) -> None:
    """End a token at once; one that was revoked before stays as it is.

    Raises PermissionDenied for whoever neither made it nor owns the organization.
    """
    if not ApiToken.objects.visible_to(by).filter(pk=token.pk).exists():
        raise PermissionDenied
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=Now()):
        _record(token, "revoked", by)


def token_accept(words: str) -> TokenAccess | None:
    """Whose words these are; None for a token that is unknown, over or revoked, or whose person has left."""
    shape = SHAPE.fullmatch(words)
    if shape is None:
        return None
    live = ApiToken.objects.live().filter(key_id=shape["id"], user__is_active=True)
    token = live.select_related("user").first()
    if token is None or not _is_secret_of(token, shape["secret"]):
        return None
    member = TeamMember.objects.filter(user=token.user_id, organization=token.organization_id).first()
    if member is None:
        return None
    _note_use(token)
    return TokenAccess(token, token.scope == TokenScope.WRITE and member.role in CONTACT_ROLES)


def _is_secret_of(token: ApiToken, secret: str) -> bool:
    return any(
        constant_time_compare(token.key_hash, _hash(token.key_id, secret, key)) for key in settings.TOKEN_KEYS
    )


def _hash(key_id: str, secret: str, key: str) -> str:
    return salted_hmac("matchmaking.token", f"{key_id}{secret}", secret=key, algorithm="sha256").hexdigest()


def _note_use(token: ApiToken) -> None:
    """Keep the minute of the last use: one write a minute, however often it is used."""
    minute = timezone.now().replace(second=0, microsecond=0)
    if token.last_used_at is None or token.last_used_at < minute:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lt=minute)
        ApiToken.objects.filter(unnoted, pk=token.pk).update(last_used_at=minute)


def _record(token: ApiToken, kind: str, by: User) -> None:
    CurationEvent.objects.create(
        subject="token",
        subject_id=token.pk,
        kind=kind,
        actor_id=by.pk,
        data={"organization": token.organization_id, "scope": str(token.scope)},
    )
    log.info(f"token_{kind}", token=token.pk, organization=token.organization_id)
