"""API tokens: made and shown once, told by a keyed hash, revoked.

A token is `mm_`, its id and a secret of 256 bits. It does what the person who made it may do: in one
organization for as long as the person is in its team, or at the desk for as long as they may make such
tokens.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from alliances.enums import EventKind
from alliances.models import Organization, RegisterEvent, TeamMember, User
from alliances.services.events import EventDraft, record
from matchmaking.enums import TokenScope
from matchmaking.models import ApiToken, CurationEvent
from matchmaking.models.token import LONGEST_LIFE, STAFF_SCOPES, TEAM_SCOPES
from matchmaking.selectors.introductions import CONTACT_ROLES

log = structlog.get_logger(__name__)

SHAPE = re.compile(r"mm_(?P<id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})")
# So many tokens a person may have in use: more would be forgotten ones.
MOST_TOKENS = 20
# For so long a token that was replaced still opens what it opened.
CHANGE_OVER = timedelta(days=1)


class Issued(NamedTuple):
    """A new token and the words to send, which cannot be shown again."""

    token: ApiToken
    words: str


class TokenAccess(NamedTuple):
    """A token that was accepted, and whether its scope and the person's role let it write now."""

    token: ApiToken
    may_write: bool

    @property
    def is_of_staff(self) -> bool:
        return self.token.organization_id is None


@transaction.atomic
def token_issue(organization: Organization, *, name: str, scope: TokenScope, days: int, by: User) -> Issued:
    """Make a token that acts for `by` in the organization, for so many days (at most 365).

    Raises:
        PermissionDenied: not an owner or editor of the organization.
        ValidationError: by field, a name that is missing or wrong, a scope that no team gives, too many days;
            the person has `MOST_TOKENS` in use.
    """
    team = organization.team_members.filter(user=by, role__in=CONTACT_ROLES)
    if not by.is_active or not team.exists():
        raise PermissionDenied
    return _issue(organization, name, scope, TEAM_SCOPES, days, by)


@transaction.atomic
def staff_token_issue(*, name: str, scope: TokenScope, days: int, by: User) -> Issued:
    """Make a token by which a program does what `by` may do at the desk, and nothing in any organization.

    Raises as `token_issue`; PermissionDenied for who may not make tokens at the desk.
    """
    if not _may_make_at_the_desk(by):
        raise PermissionDenied
    return _issue(None, name, scope, STAFF_SCOPES, days, by)


def _may_make_at_the_desk(user: User) -> bool:
    return user.is_staff and user.has_perm("matchmaking.add_apitoken")


@transaction.atomic
def token_rotate(token: ApiToken, *, by: User) -> Issued:
    """Make the token that takes this one's place: the same name, scope and length of life.

    The old one lasts for another day at most, in which programs change over.

    Raises:
        PermissionDenied: it is not the person's own, or they may not make such a token any more.
        ValidationError: it has ended, was revoked, or was replaced before; the person has `MOST_TOKENS` in
            use.
    """
    old = ApiToken.objects.select_for_update(of=("self",)).select_related("organization").get(pk=token.pk)
    # An owner who could replace an editor's would hold a key that acts as the editor.
    if old.user_id != by.pk:
        raise PermissionDenied
    if old.replaced_by_id or not ApiToken.objects.live().filter(pk=old.pk).exists():
        raise ValidationError(_("This token has ended or was replaced before. Make a new one."))
    stated: dict[str, Any] = {
        "name": old.name,
        "scope": TokenScope(old.scope),
        "days": round((old.expires_at - old.created_at) / timedelta(days=1)),
        "by": by,
    }
    issued = token_issue(old.organization, **stated) if old.organization else staff_token_issue(**stated)
    ends = min(old.expires_at, timezone.now() + CHANGE_OVER)
    ApiToken.objects.filter(pk=old.pk).update(replaced_by=issued.token, expires_at=ends)
    _record(old, "replaced", by.pk)
    return issued


def _issue(
    organization: Organization | None,
    name: str,
    scope: TokenScope,
    scopes: Collection[TokenScope],
    days: int,
    by: User,
) -> Issued:
    if not 1 <= days <= LONGEST_LIFE.days:
        limit = {"limit": LONGEST_LIFE.days}
        raise ValidationError({"days": _("A token lasts from 1 to %(limit)s days.") % limit})
    if scope not in scopes:
        raise ValidationError({"scope": _("This scope cannot be given here.")})
    # Of two that are made at once, the second counts the first.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    if ApiToken.objects.live().filter(user=by).count() >= MOST_TOKENS:
        text = _("You have %(limit)s API tokens in use, as many as one person may have. Revoke one first.")
        raise ValidationError(text % {"limit": MOST_TOKENS}, code="too_many")
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
    token.clean_fields(exclude=["organization", "created_at", "last_used_at", "revoked_at", "replaced_by"])
    token.save()
    _record(token, "issued", by.pk)
    return Issued(token, f"mm_{key_id}_{secret}")


@transaction.atomic
def token_revoke(token: ApiToken, *, by: User) -> None:
    """End a token at once; one that was revoked before stays as it is.

    Raises PermissionDenied for whoever neither made it, nor owns the organization, nor manages tokens at the
    desk.
    """
    at_the_desk = by.is_staff and by.has_perm("matchmaking.change_apitoken")
    if not (at_the_desk or ApiToken.objects.visible_to(by).filter(pk=token.pk).exists()):
        raise PermissionDenied
    _revoke(token, by.pk)


@transaction.atomic
def leavers_tokens_revoke(user_id: int, organization_id: int, left_at: datetime, by_id: int | None) -> None:
    """End the tokens of a place that was left, at once: also where the person has come back since."""
    tokens = ApiToken.objects.live().filter(user=user_id, organization=organization_id)
    for token in tokens.filter(created_at__lte=left_at):
        _revoke(token, by_id)


def _revoke(token: ApiToken, by_id: int | None) -> None:
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=Now()):
        _record(token, "revoked", by_id)


def token_accept(words: str) -> TokenAccess | None:
    """Whose words these are; None for a token that is unknown, over or revoked, or whose person has left the
    team, or may not make tokens at the desk any more."""
    shape = SHAPE.fullmatch(words)
    if shape is None:
        return None
    live = ApiToken.objects.live().filter(key_id=shape["id"], user__is_active=True)
    token = live.select_related("user").first()
    if token is None or not _is_secret_of(token, shape["secret"]):
        return None
    may_write = _writes_now(token)
    if may_write is None:
        return None
    _note_use(token)
    return TokenAccess(token, may_write)


def register_reading_record(token: ApiToken) -> None:
    """Record, once a day, that a program of the staff reads the register, as it is of who saves a copy."""
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    recorded = RegisterEvent.objects.filter(
        kind=EventKind.EXPORTED, organization=None, at__gte=midnight, data__token=token.pk
    )
    if recorded.exists():
        return
    with transaction.atomic():
        # Of two calls at once the second finds the first's.
        ApiToken.objects.select_for_update(no_key=True).get(pk=token.pk)
        if not recorded.all().exists():
            told: dict[str, object] = {"list": "organization", "format": "api", "token": token.pk}
            record([EventDraft(None, EventKind.EXPORTED, told)], token.user)


def _writes_now(token: ApiToken) -> bool | None:
    """Whether it writes; None where it opens nothing any more."""
    if token.organization_id is None:
        return token.scope == TokenScope.STAFF_WRITE if _may_make_at_the_desk(token.user) else None
    member = TeamMember.objects.filter(user=token.user_id, organization=token.organization_id).first()
    return token.scope == TokenScope.WRITE and member.role in CONTACT_ROLES if member else None


def _is_secret_of(token: ApiToken, secret: str) -> bool:
    return any(
        constant_time_compare(token.key_hash, _hash(token.key_id, secret, key)) for key in settings.TOKEN_KEYS
    )


def _hash(key_id: str, secret: str, key: str) -> str:
    return salted_hmac("matchmaking.token", f"{key_id}{secret}", secret=key, algorithm="sha256").hexdigest()


def _note_use(token: ApiToken) -> None:
    """Keep the minute of the last use, or the one before: no two writes within a minute."""
    minute = timezone.now().replace(second=0, microsecond=0)
    noted_enough = minute - timedelta(minutes=1)
    if token.last_used_at is None or token.last_used_at < noted_enough:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lt=noted_enough)
        ApiToken.objects.filter(unnoted, pk=token.pk).update(last_used_at=minute)


def _record(token: ApiToken, kind: str, by_id: int | None) -> None:
    CurationEvent.objects.create(
        subject="token",
        subject_id=token.pk,
        kind=kind,
        actor_id=by_id,
        data={"organization": token.organization_id, "scope": str(token.scope)},
    )
    log.info(f"token_{kind}", token=token.pk, organization=token.organization_id)
