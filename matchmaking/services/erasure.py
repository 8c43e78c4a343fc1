"""Forgetting a person: sessions, mail, notes and counters first, then the register's part."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from urllib.parse import urlsplit

import structlog
from allauth.core.internal.ratelimit import truncate_ip
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from django.db.models.functions import Lower

from alliances.models import User
from alliances.services import erasure
from alliances.services.people import unused_accounts
from matchmaking.enums import EmailKind
from matchmaking.models import (
    ApiCall,
    CurationEvent,
    CurationNote,
    Exclusion,
    JurisdictionRule,
    OutboxEmail,
    Pair,
    PairNote,
    Pin,
    Response,
    ScheduledRelease,
    ScoringPolicy,
)
from matchmaking.services.suppressions import ERASED, suppress

log = structlog.get_logger(__name__)


@transaction.atomic
def person_erase(user: User, *, by: User) -> None:
    """Delete a person and everything that is held of them, at once and for good; twice is once.

    What remains: their number in events, and a keyed hash of each address, so that a restored backup does not
    write to them again. Answers stay the organization's, without who gave them and without the note; notes on
    pairs that they wrote go along.

    Raises:
        PermissionDenied, ValidationError: as `alliances.services.erasure.person_erase`.
    """
    # In the order in which everybody locks: who answers holds the pair first.
    answered = Pair.objects.filter(responses__answered_by=user).order_by("pk")
    list(answered.select_for_update(no_key=True, of=("self",)))
    person = erasure.hold(user)
    if person is None:
        return
    mailed = OutboxEmail.objects.filter(user=person).values_list("recipient", flat=True)
    words = erasure.words_for(person, *mailed)
    Response.objects.filter(answered_by=person).update(answered_by=None, note="")
    PairNote.objects.filter(author=person).delete()
    ScoringPolicy.history.filter(created_by=person).update(created_by=None)
    OutboxEmail.objects.alias(address=Lower("recipient")).filter(address__in=words.addresses).delete()
    places = UserSession.objects.filter(user=person).values_list("ip", flat=True)
    _end_sessions(person, words.addresses)
    _forget_attempts(words.addresses, places)
    told = OutboxEmail.objects.exclude(kind=EmailKind.DIGEST)  # a digest names organizations only
    erasure.forget(
        [
            *((told, column) for column in ("subject", "body_text", "body_html")),
            (Response.objects.all(), "note"),
            (PairNote.objects.all(), "text"),
            (Exclusion.objects.all(), "reason"),
            (Pin.objects.all(), "reason"),
            (CurationNote.objects.all(), "text"),
            (ApiCall.objects.all(), "body"),
            (ScheduledRelease.objects.all(), "text"),
            (ScoringPolicy.objects.all(), "note"),
            (ScoringPolicy.history.all(), "note"),
            (ScoringPolicy.objects.all(), "skip_reason"),
            (ScoringPolicy.history.all(), "skip_reason"),
            (ScoringPolicy.history.all(), "history_change_reason"),
            (JurisdictionRule.objects.all(), "note"),
            (JurisdictionRule.history.all(), "note"),
            (JurisdictionRule.history.all(), "history_change_reason"),
        ],
        words,
    )
    for address in words.addresses:
        suppress(address, ERASED)
    drafts = erasure.person_erase(person, by=by, words=words)
    CurationEvent.objects.create(
        subject="person", subject_id=user.pk, kind="erased", actor_id=by.pk, data={"drafts": drafts}
    )
    log.info("person_erased", user=user.pk, by=by.pk)


def _end_sessions(user: User, addresses: Collection[str]) -> None:
    """Delete the person's sessions, and those in which somebody began to sign in with their address."""
    for session in Session.objects.iterator():
        held = session.get_decoded()
        text = json.dumps(held, ensure_ascii=False).lower()
        if held.get(SESSION_KEY) == str(user.pk) or any(address in text for address in addresses):
            session.delete()


def _forget_attempts(addresses: Collection[str], places: Collection[str]) -> None:
    """Drop what was counted against guessing, by address and by the internet addresses of the sessions.

    The keys hold these as plain hashes and in the clear, and outlive their use in the cache's table.
    """
    hosts = {urlsplit(settings.SITE_URL).netloc, *settings.ALLOWED_HOSTS}
    named = [*addresses, *(f"{host}:{address}" for host in hosts for address in addresses)]
    ends = [hashlib.sha256(one.encode()).hexdigest() for one in named] + [truncate_ip(ip) for ip in places]
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM cache_entry WHERE cache_key LIKE ANY(%s)",
            [[f"%{mark}{end}" for end in ends for mark in (":", r"\_")]],
        )


@transaction.atomic
def unused_accounts_drop() -> int:
    """Delete accounts that nobody used for a week after they were opened, with their mail; returns how many.

    Nothing is remembered of them: whoever gave the address may open an account again.
    """
    unused = list(unused_accounts().select_for_update(skip_locked=True, no_key=True, of=("self",)))
    OutboxEmail.objects.filter(user__in=unused).delete()
    return User.objects.filter(pk__in=[one.pk for one in unused]).delete()[1].get("alliances.User", 0)
