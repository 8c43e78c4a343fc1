"""Introductions: made once both sides are interested, told to both teams by email in the same transaction."""

from __future__ import annotations

from collections.abc import Iterable

import structlog
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alliances.models import Organization, User
from matchmaking.emails.introduction import introduction_email
from matchmaking.emails.message import RenderedEmail
from matchmaking.enums import Answer, EmailKind, MailClass, RecommendationState
from matchmaking.models import CurationEvent, Introduction, OutboxEmail, Pair, Recommendation, Response
from matchmaking.selectors.apart import INTRODUCTION_CLOSED
from matchmaking.selectors.introductions import contacts_of, is_interrupted, recommendation_behind
from matchmaking.services.mails import address_of, mail_row, mails_queue
from matchmaking.services.pairs import hold
from matchmaking.services.webhook_events import tell_of_introduction
from matchmaking.wording import topic_names

log = structlog.get_logger(__name__)

# Why a mail waits: its introduction stands, and the two are kept apart at present.
INTERRUPTED = "introduction_interrupted"


def stands_against_dropping(organization: Organization) -> str:
    """Why an organization is not dropped for another entry now: its introductions would show no contacts."""
    sides = Q(pair__low=organization) | Q(pair__high=organization)
    count = Introduction.objects.filter(sides, closed_at=None).count()
    words = ngettext(
        "'%(name)s' has %(count)s open introduction. Close it first, or merge the other way round.",
        "'%(name)s' has %(count)s open introductions. Close them first, or merge the other way round.",
        count,
    )
    return words % {"name": organization.name, "count": count} if count else ""


def introduce(pair: Pair) -> Introduction:
    """Make the pair's introduction and its mails, in the caller's transaction, which holds the pair's row."""
    introduction = Introduction.objects.create(pair=pair)
    introduction.refresh_from_db(fields=["made_at"])
    CurationEvent.objects.create(
        subject="introduction", subject_id=introduction.pk, kind="introduced", data={"pair": pair.pk}
    )
    _queue(introduction, _readers(pair))
    tell_of_introduction(introduction)
    log.info("introduced", introduction=introduction.pk, pair=pair.pk)
    return introduction


def _readers(pair: Pair) -> list[User]:
    """Everybody in the two teams, once each."""
    teams = User.objects.filter(
        is_active=True, team_memberships__organization__in=[pair.low_id, pair.high_id]
    )
    return list(teams.distinct().order_by("pk"))


def _queue(introduction: Introduction, people: Iterable[User]) -> None:
    rows = [row for user in people if (row := _row(introduction, user))]
    mails_queue(rows, {"introduction": introduction.pk})


def _row(introduction: Introduction, user: User) -> OutboxEmail | None:
    address = address_of(user)
    email = rendered(introduction, user) if address else None
    if email is None:
        return None
    return mail_row(
        email,
        EmailKind.INTRODUCTION,
        MailClass.AWAITED,
        recipient=address,
        language=user.language,
        user=user,
        slot=str(introduction.public_id),
        introduction=introduction,
    )


def rendered(introduction: Introduction, user: User) -> RenderedEmail | None:
    """The mail as it reads now, in the person's language; None for whom it does not concern (any more)."""
    teams = set(user.team_memberships.values_list("organization_id", flat=True))
    sides = introduction.pair.sides_of(teams)
    recommendation = recommendation_behind(introduction, sides[0]) if sides else None
    if sides is None or recommendation is None:
        return None
    own, other = sides
    with translation.override(user.language):
        contacts = contacts_of(introduction)
        if not contacts.open:
            return None
        return introduction_email(
            user,
            introduction,
            own=own,
            other=other,
            contacts=contacts.people[other.pk],
            recommendation=recommendation,
            topics=topic_names(),
        )


def why_not_told(email: OutboxEmail, user: User) -> str:
    """Why the mail of an introduction must not go as it was written; empty where it may.

    INTERRUPTED where it may go once the two may be in touch again.
    """
    introduction = email.introduction
    now = _row(introduction, user) if introduction else None
    if introduction and now is None and is_interrupted(introduction):
        return INTERRUPTED
    if now is None:
        return "introduction_withdrawn"
    same = (now.recipient, now.body_text) == (email.recipient, email.body_text)
    return "" if same else "introduction_changed"


def queue_again(email: OutboxEmail) -> None:
    """Write anew the mail of a person that was set aside since what it says has changed."""
    if email.user and email.introduction:
        _queue(email.introduction, [email.user])


def introductions_close(introductions: Iterable[Introduction], *, by: User) -> tuple[int, list[str]]:
    """End introductions: contacts are shown no more, and the pairs use up no capacity.

    What the two sides said ends with it: the pair rests, and one side's word alone does not bring it back.
    How many were closed, and a sentence for each that was closed before. Staff, else PermissionDenied.
    """
    if not (by.is_active and by.is_staff):
        raise PermissionDenied
    closed, ids = 0, [one.pk for one in introductions]
    found = Introduction.objects.filter(pk__in=ids).order_by("pair", "pk")
    for key, pair in list(found.values_list("pk", "pair_id")):
        with transaction.atomic():
            hold(pair)
            if Introduction.objects.filter(pk=key, closed_at=None).update(closed_at=Now()):
                _end(key, pair, by)
                closed += 1
    return closed, [_("This introduction is closed already.")] * (len(set(ids)) - closed)


def _end(introduction: int, pair: int, by: User) -> None:
    """What follows of a closing, in the transaction that closed it and holds the pair."""
    ended = Recommendation.objects.filter(pair=pair, state=RecommendationState.INTERESTED)
    CurationEvent.objects.bulk_create(
        [
            CurationEvent(subject="introduction", subject_id=introduction, kind="closed", actor_id=by.pk),
            *(
                CurationEvent(
                    subject="recommendation",
                    subject_id=one,
                    kind=INTRODUCTION_CLOSED,
                    actor_id=by.pk,
                    data={
                        "from": str(RecommendationState.INTERESTED),
                        "to": str(RecommendationState.EXPIRED),
                    },
                )
                for one in ended.order_by("pk").values_list("pk", flat=True)
            ),
        ]
    )
    ended.update(state=RecommendationState.EXPIRED)
    Response.objects.filter(pair=pair, answer=Answer.INTERESTED).delete()
