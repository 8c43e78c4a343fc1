"""Bridges: alliances of the other country through whose members an organization reaches what it needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from django.db.models import Exists, OuterRef

from alliances.enums import Kind, MembershipState, OrganizationState
from alliances.models import AllianceMembership, Offer, Organization, Topic
from alliances.models.organization import OrganizationQuerySet


class Pier(NamedTuple):
    """A member of an alliance, and what it offers of the needs, the most pressing first."""

    member: Organization
    topics: Sequence[Topic]


class Bridge(NamedTuple):
    """An alliance, the needs that its members answer together, and these members, who answers most first."""

    alliance: Organization
    topics: Sequence[Topic]
    piers: Sequence[Pier]


def bridges_from(organization: Organization, among: OrganizationQuerySet) -> list[Bridge]:
    """The bridges from an approved organization, those that answer most needs first; three queries.

    `among` are the organizations that may be named. Neither side is led to a kind that it refuses.
    """
    if organization.state != OrganizationState.APPROVED:
        return []
    needs = organization.needs.select_related("topic").order_by("-priority", "topic__position")
    needed = [need.topic for need in needs]
    others = (
        among.approved()
        .exclude(country=organization.country)
        .exclude(kind__in=organization.refuses)
        .exclude(refuses__contains=[organization.kind])
    )
    answers = Offer.objects.filter(topic__in=needed)
    memberships = AllianceMembership.objects.filter(
        Exists(answers.filter(organization=OuterRef("member"))),
        state=MembershipState.CONFIRMED,
        alliance__in=others.filter(kind=Kind.ALLIANCE),
        member__in=others,
    ).select_related("alliance", "member")
    found: dict[Organization, list[Organization]] = defaultdict(list)
    for one in memberships.order_by("alliance__code", "member__code"):
        found[one.alliance].append(one.member)
    offered = set(
        answers.filter(organization__in={member for of_one in found.values() for member in of_one})
        .order_by()
        .values_list("organization_id", "topic_id")
    )

    def answered(members: Sequence[Organization]) -> list[Topic]:
        return [topic for topic in needed if any((one.pk, topic.pk) in offered for one in members)]

    # Sorting keeps the order by code among equals.
    return sorted(
        (
            Bridge(
                alliance,
                answered(members),
                sorted((Pier(one, answered([one])) for one in members), key=lambda pier: -len(pier.topics)),
            )
            for alliance, members in found.items()
        ),
        key=lambda bridge: (-len(bridge.topics), -len(bridge.piers)),
    )
