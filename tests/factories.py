"""Rows for tests: complete, valid, and with a name of their own unless one is given."""

from __future__ import annotations

import time
from collections.abc import Mapping
from itertools import count
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.models import EmailAddress
from django.contrib.auth import SESSION_KEY
from django.test import Client
from django.utils import timezone

from alliances.enums import (
    ConsentPurpose,
    Country,
    HitState,
    Kind,
    OrganizationState,
    ScreeningListName,
    TeamRole,
)
from alliances.models import (
    AllianceMembership,
    ChallengeArea,
    Consent,
    Need,
    Offer,
    Organization,
    ScreeningEntry,
    ScreeningHit,
    ScreeningList,
    TeamClaim,
    TeamInvitation,
    TeamMember,
    Topic,
    User,
)
from alliances.models.team import INVITATION_LIFE

_numbers = count(1)


def make_topic(slug: str = "", area: str = "test-area") -> Topic:
    """A leaf topic and, where it is not there yet, its area. A known slug gives the row that is there."""
    slug = slug or f"topic-{next(_numbers)}"
    known = Topic.objects.filter(slug=slug).first()
    if known:
        return known
    parent, _ = ChallengeArea.objects.get_or_create(
        slug=area, defaults={"name_en": area, "name_zh": area, "position": next(_numbers)}
    )
    return Topic.objects.create(slug=slug, area=parent, name_en=slug, name_zh=slug, position=next(_numbers))


def make_organization(
    code: str = "",
    *,
    kind: Kind = Kind.CITY,
    country: Country = Country.US,
    state: OrganizationState = OrganizationState.APPROVED,
    needs: Mapping[str, int] | None = None,
    offers: Mapping[str, int] | None = None,
    **fields: Any,
) -> Organization:
    """An approved organization with needs and offers given as {topic slug: level}.

    Without a size it has none; any other column of the model may be given by name.
    """
    number = next(_numbers)
    code = code or f"{country.value.lower()}-{kind.value}-{number}"
    fields.setdefault("name_en", f"Test {kind.label} {number}")
    fields.setdefault("name_zh", f"测试机构{number}")
    organization = Organization.objects.create(code=code, kind=kind, country=country, state=state, **fields)
    for slug, level in (needs or {}).items():
        Need.objects.create(organization=organization, topic=make_topic(slug), priority=level)
    for slug, level in (offers or {}).items():
        Offer.objects.create(organization=organization, topic=make_topic(slug), maturity=level)
    return organization


def make_user(email: str = "", **fields: Any) -> User:
    """A person who can act; `is_staff=True` makes a curator."""
    number = next(_numbers)
    fields.setdefault("name", f"Person {number}")
    return User.objects.create_user(email or f"person-{number}@test.example", **fields)


def make_team_member(
    organization: Organization, user: User | None = None, role: TeamRole = TeamRole.OWNER
) -> TeamMember:
    """A person in an organization; a new one unless given."""
    return TeamMember.objects.create(user=user or make_user(), organization=organization, role=role)


def make_consent(user: User, purpose: ConsentPurpose, *, granted: bool = True) -> Consent:
    """One consent row, given or taken back."""
    return Consent.objects.create(
        user=user,
        purpose=purpose,
        granted=granted,
        text_version="test",
        language=user.language,
        channel="test",
    )


def make_proven_user(email: str = "", **fields: Any) -> User:
    """A person who has signed in with a code sent to their address."""
    user = make_user(email, **fields)
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def prove(client: Client) -> None:
    """As if whoever is signed in had just given their password."""
    session = client.session
    session[f"{AUTHENTICATION_METHODS_SESSION_KEY}_user"] = session[SESSION_KEY]
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "password", "at": time.time()}]
    session.save()


def make_invitation(organization: Organization, email: str, **fields: Any) -> TeamInvitation:
    """An open invitation to this address, unless the fields say otherwise."""
    fields.setdefault("expires_at", timezone.now() + INVITATION_LIFE)
    return TeamInvitation.objects.create(organization=organization, email=email, **fields)


def make_claim(organization: Organization, user: User | None = None, **fields: Any) -> TeamClaim:
    """A waiting request to join, unless the fields say otherwise."""
    fields.setdefault("message", "I plan the buses here.")
    return TeamClaim.objects.create(organization=organization, user=user or make_user(), **fields)


def make_membership(alliance: Organization, member: Organization, **fields: Any) -> AllianceMembership:
    """An organization in an alliance. An invited one (as it is without `state`) needs `waits_for`."""
    return AllianceMembership.objects.create(alliance=alliance, member=member, **fields)


def make_hit(organization: Organization | None = None, *, state: HitState = HitState.OPEN) -> ScreeningHit:
    """A hit of an organization that has none yet, on an entry of its own."""
    listed, _made = ScreeningList.objects.get_or_create(
        name=ScreeningListName.CSL,
        defaults={
            "version": "1",
            "dated": timezone.now().date(),
            "file_name": "csl.csv",
            "digest": "0" * 64,
            "entry_count": 1,
        },
    )
    number = next(_numbers)
    entry = ScreeningEntry.objects.create(
        screening_list=listed, name=f"Listed {number}", fingerprint=f"{number:064}"
    )
    return ScreeningHit.objects.create(
        organization=organization or make_organization(),
        entry=entry,
        name="Listed",
        alias=entry.name,
        score=0.99,
        reason="same",
        name_fingerprint="0" * 64,
        state=state,
    )
