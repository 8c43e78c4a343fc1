"""Forgetting a person: the register's part. What remains of them are numbers in events, which name nobody.

The service has tables of its own that hold what people said and were told: `matchmaking.services.erasure`
clears those and then calls this.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import reduce
from operator import or_
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.html import escape
from django.utils.translation import gettext as _

from alliances.enums import EventKind
from alliances.models import (
    AllianceAddress,
    Assessment,
    Need,
    Offer,
    Organization,
    TeamClaim,
    TeamInvitation,
    User,
)
from alliances.selectors import drafts_alone, owned_alone
from alliances.services.events import EventDraft, record
from alliances.services.registration import delete_drafts

GONE = "…"
# One letter is in every text.
SHORTEST_NAME = 2
TRACKED = (Organization, Need, Offer)


class Words(NamedTuple):
    """By what a person is named in texts: the whole name, and every address of theirs that is known."""

    name: str
    addresses: frozenset[str]


def hold(user: User) -> User | None:
    """The person and the organizations they are in, locked as everybody locks them; None where gone already.

    Of two last owners who leave at once, the second finds that there is no other. The person's row is held
    so that whoever would name them waits, and then finds nobody.
    """
    teams = Organization.objects.filter(team_members__user=user).order_by("pk")
    list(teams.select_for_update(no_key=True, of=("self",)))
    return User.objects.select_for_update().filter(pk=user.pk).first()


def words_for(user: User, *more: str) -> Words:
    """The person's name and addresses, with those that the caller knows of."""
    known = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    return Words(user.name, frozenset(address.lower() for address in (user.email, *known, *more)))


@transaction.atomic
def person_erase(user: User, *, by: User, words: Words) -> list[int]:
    """Delete the person, held, with all that the register has of them; the ids of the drafts that went along.

    Drafts in which they are alone are deleted; an organization's contact email that is theirs is emptied;
    where they are named in the reasons of changes, dots stand instead.

    Raises:
        PermissionDenied: `by` is neither the person nor staff who may delete people.
        ValidationError: of staff, and of the last owner of an organization that takes part or waits to.
    """
    if by.pk != user.pk and not (by.is_staff and by.has_perm("alliances.delete_user")):
        raise PermissionDenied
    if user.is_staff or user.is_superuser:
        raise ValidationError(
            _(
                "Staff are not erased while they are staff: they decide about others, and the desk must know "
                "who leaves it. An administrator takes the rights away first."
            ),
            code="staff",
        )
    owned = list(owned_alone(user))
    if owned:
        raise ValidationError(
            _("Nobody else owns %(names)s. Hand over to a colleague or withdraw the organization first.")
            % {"names": _(", ").join(one.name for one in owned)},
            code="last_owner",
        )
    drafts = [one.pk for one in drafts_alone(user)]
    delete_drafts(drafts)
    _empty_contacts(words.addresses, by)
    people = ContentType.objects.get_for_model(User)
    LogEntry.objects.filter(content_type=people, object_id=str(user.pk)).update(object_repr=GONE)
    TeamInvitation.objects.filter(email__in=words.addresses).delete()
    AllianceAddress.objects.filter(email__in=words.addresses).delete()
    forget(
        [
            *((model.history.all(), "history_change_reason") for model in TRACKED),
            (Organization.objects.all(), "state_reason"),
            (Assessment.objects.all(), "note"),
            (TeamClaim.objects.all(), "message"),
            (TeamClaim.objects.all(), "reason"),
        ],
        words,
    )
    User.objects.get(pk=user.pk).delete()
    return drafts


def _empty_contacts(addresses: Collection[str], by: User) -> None:
    theirs = reduce(or_, (Q(contact_email__iexact=address) for address in sorted(addresses)))
    found = list(Organization.objects.filter(theirs).order_by("pk").select_for_update(no_key=True))
    Organization.objects.filter(pk__in=[one.pk for one in found]).update(contact_email="")
    record((EventDraft(one.pk, EventKind.UPDATED, {"fields": ["contact_email"]}) for one in found), by)


def forget(texts: Iterable[tuple[QuerySet[Any], str]], words: Words) -> None:
    """Put dots where the person is named in these columns, also as HTML writes them."""
    names = {words.name, escape(words.name)} if len(words.name) >= SHORTEST_NAME else set()
    addresses = {*words.addresses, *(escape(one) for one in words.addresses)}
    # A name as it is spelled, an address however it is typed; neither as a part of a longer one.
    pattern = re.compile(
        rf"(?<![A-Za-z0-9])(?:{_any_of(names)})(?![A-Za-z0-9])"
        rf"|(?<![A-Za-z0-9._%+-])(?i:{_any_of(addresses)})(?![A-Za-z0-9-]|\.[A-Za-z0-9])"
    )
    for rows, column in texts:
        mentioned = reduce(or_, (Q(**{f"{column}__icontains": one}) for one in sorted(names | addresses)))
        for pk, text in rows.filter(mentioned).values_list("pk", column):
            forgotten = pattern.sub(GONE, text)
            if forgotten != text:
                rows.filter(pk=pk).update(**{column: forgotten})


def _any_of(words: Collection[str]) -> str:
    """The pattern of the longest of these that fits; without any, one that never does."""
    return "|".join(re.escape(one) for one in sorted(words, key=len, reverse=True)) or "(?!)"
