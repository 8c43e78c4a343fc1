"""What is there when the API is called at random, and the words by which calls reach it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from alliances.enums import Country, Kind, MembershipState, OrganizationState, TeamRole
from alliances.models import Agency, AlliancePatron, Need, Offer, Organization, TeamMember, User
from alliances.services.memberships import link_make
from alliances.services.screening import screening_import
from matchmaking.enums import Answer, DeliveryState, RuleVerdict, ShardState
from matchmaking.models import (
    Introduction,
    MatchRun,
    MatchShard,
    Pair,
    Recommendation,
    Response,
    ScoringPolicy,
)
from matchmaking.selectors.benefit import report_quarters
from matchmaking.services.policies import (
    active_policy,
    policy_activate,
    policy_new_version,
    policy_publish,
    policy_schedule,
)
from matchmaking.services.policy_previews import preview_request
from matchmaking.services.runs import run_request
from tests.factories import make_membership, make_organization, make_topic
from tests.matchmaking.alliance.scenes import make_alliance, make_officer
from tests.matchmaking.introductions.scenes import make_couples
from tests.matchmaking.jurisdiction.rules import make_rule
from tests.matchmaking.runs.conftest import work_off
from tests.matchmaking.webhooks.scenes import listen, make_delivery

STATED = ("sponge-city", "e-bus")
TOPICS = (*STATED, "tram", "light-rail")
# A test receiver, which nobody calls here.
RECEIVER = "http://localhost:9"
LIST = "name,aliases,country,reference,source\nHikvision,海康威视,CN,1,Test\n"

Words = Sequence[str | int]


@dataclass(frozen=True)
class World:
    """A team, and the words by which its calls find something.

    `addresses`: the words of a parameter at the addresses that match; the first that matches holds.
    `bodies`: those of a field of what is sent.
    """

    organization: Organization
    person: User
    addresses: Sequence[tuple[str, str, Words]]
    bodies: Sequence[tuple[str, str, Words]]

    def words(self, path: str, parameter: str) -> Words | None:
        found = (words for at, name, words in self.addresses if name == parameter and re.search(at, path))
        return next(found, None)


def make_team_world() -> World:
    """A team that finds something everywhere: of an approved alliance, which is a member of others."""
    couple, met = make_couples(2)
    own, person = _as_alliance(couple.us.organization), couple.us.person
    TeamMember.objects.filter(user=person).update(role=TeamRole.OWNER)
    for slug in TOPICS:
        make_topic(slug)
    for model in (Need, Offer):
        for slug in STATED:
            model.objects.create(organization=own, topic=make_topic(slug))
    pair = Pair.objects.create(low=own, high=met.cn.organization)
    for one in (own, met.cn.organization):
        Response.objects.create(pair=pair, organization=one, answer=Answer.INTERESTED)
    introduction = Introduction.objects.create(pair=pair)
    agency = Agency.objects.create(
        slug="cn-mohurd", country=Country.CN, name_en="Ministry of Housing", name_zh="住房和城乡建设部"
    )
    AlliancePatron.objects.create(alliance=own, agency=agency)

    # The alliance's members, of whom two were recommended somebody; and who may become one.
    members = [met.us.organization, met.cn.organization, make_organization()]
    for member in members:
        make_membership(own, member, state=MembershipState.CONFIRMED)
    others = [make_organization(country=Country.CN).code for _number in range(3)]

    # Alliances in which it is, and others whose links it has.
    joined = [make_alliance(own, country=Country.US).code for _number in range(3)]
    open_ones = [make_alliance() for _number in range(3)]
    links = [link_make(one, actor=make_officer(one)).token for one in open_ones]

    hooks = [listen(own) for _number in range(6)]
    done = {"state": DeliveryState.DELIVERED, "delivered_at": timezone.now(), "status": 204, "attempt": 1}
    sent = make_delivery(hooks[0], **done)
    for hook in hooks[1:]:
        make_delivery(hook, **done, event_id=sent.event_id)
    hook_ids = [str(hook.public_id) for hook in hooks]
    return World(
        own,
        person,
        addresses=[
            ("", "code", [own.code]),
            ("/agencies/", "slug", [agency.slug]),
            ("", "slug", STATED),
            ("", "member", [member.code for member in members]),
            ("", "alliance", joined),
            (
                "/alliances/.*/recommendations/",
                "public_id",
                [str(side.recommendation.public_id) for side in (met.us, met.cn)],
            ),
            ("/recommendations/", "public_id", [str(couple.us.recommendation.public_id)]),
            ("/introductions/", "public_id", [str(introduction.public_id)]),
            ("/webhooks/", "public_id", hook_ids),
            ("", "event_id", [str(sent.event_id)]),
            ("", "agency", [agency.slug]),
            ("", "area", [make_topic(TOPICS[0]).area.slug]),
            ("", "organization", [own.code]),
            ("", "quarter", [one.key for one in report_quarters()]),
            ("", "topic", TOPICS),
        ],
        bodies=[
            ("InvitationRequest", "member", others),
            ("JoiningRequest", "link", links),
            ("NewWebhookRequest", "organization", [own.code]),
            ("NewWebhookRequest", "url", [f"{RECEIVER}/{number}" for number in range(4)]),
            ("", "topic", TOPICS),
        ],
    )


def _as_alliance(city: Organization) -> Organization:
    Organization.objects.filter(pk=city.pk).update(kind=Kind.ALLIANCE)
    Recommendation.objects.filter(candidate=city).update(kind=Kind.ALLIANCE)
    city.refresh_from_db()
    return city


def make_staff_world() -> World:
    """As of a team, with whom and what the staff decide on."""
    team = make_team_world()
    waiting = [make_organization(state=OrganizationState.SUBMITTED).code for _number in range(6)]
    american, chinese = make_organization(region="TX"), make_organization(country=Country.CN)
    for number, verdict in enumerate(RuleVerdict):
        make_rule(f"rule-{number}", verdict, tie="pilot" if number else "")
    screening_import(LIST.encode(), file_name="list.csv", name="generic", dated=timezone.now().date())

    first = active_policy()
    drafts, scheduled, earlier = ([_version(number) for _one in range(4)] for number in (1.1, 1.2, 1.3))
    for one in scheduled:
        policy_schedule(one, timezone.now() + timedelta(days=9), reason="Test.")
    for one in earlier:
        policy_publish(one, reason="Test.")
    policy_activate(first)
    preview_request(drafts[0])
    work_off()
    queued, broken = ([run_request(first).pk for _number in range(4)] for _kind in range(2))
    MatchShard.objects.filter(run__in=broken).update(state=ShardState.QUARANTINED)
    complete = MatchRun.objects.order_by("pk")[0].pk
    versions = [one.pk for one in drafts]
    return World(
        team.organization,
        team.person,
        addresses=[
            ("/review/", "code", waiting),
            ("", "code", [*waiting, american.code]),
            ("/cancel/", "id", [*queued, complete]),
            ("/retry/", "id", [*broken, complete]),
            ("/runs/", "id", [complete, queued[0], broken[0]]),
            ("/preview/", "id", versions[:2]),
            ("/publish/", "id", [*versions, first.pk]),
            ("/unschedule/", "id", [first.pk, *(one.pk for one in scheduled)]),
            ("/roll-back/", "id", [first.pk, *(one.pk for one in earlier)]),
            ("/policies/", "id", [first.pk, *versions]),
            ("", "policy", [first.name]),
            ("", "name", [first.name]),
        ],
        bodies=[
            ("PairRequest", "one", [american.code]),
            ("PairRequest", "other", [chinese.code]),
            ("RunRequestRequest", "policy", [first.pk]),
        ],
    )


def _version(tau: float) -> ScoringPolicy:
    return policy_new_version("standard", {**active_policy().rules, "tau": tau})
