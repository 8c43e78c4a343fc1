"""Contact details reach nobody who may not see them (P19, P32): each carries a mark that is searched for
in every page, answer of the API, mail, log line and broker key, as every role, in every state of a pair."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
from celery import current_app
from django.db.models import Model
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from alliances.enums import ConsentPurpose, Kind, MembershipState
from alliances.models import AllianceLink, ChallengeArea, Organization, Topic, User
from alliances.services.consent import consent_withdraw
from alliances.services.memberships import link_make
from alliances.services.registration import Step
from matchmaking.enums import Answer, EmailKind
from matchmaking.models import Introduction, OutboxEmail, Recommendation, Webhook, WebhookDelivery
from matchmaking.portal import recommendations as recommendation_pages
from matchmaking.portal.directory import pages as directory_pages
from matchmaking.services import interests
from matchmaking.services.shortlist import note_write
from matchmaking.services.sponsoring import sponsor
from matchmaking.services.subscriptions import unsubscribe_token
from tests.factories import make_membership, make_organization, make_team_member, make_user
from tests.matchmaking.alliance.scenes import make_alliance, make_officer
from tests.matchmaking.introductions.scenes import Couple, Side, made_days_ago, make_couples
from tests.matchmaking.webhooks.scenes import listen
from tests.sizes import TEST_SIZE

pytestmark = pytest.mark.django_db

# The desk sees everything; accounts' own pages show nobody but their owner, and health nobody at all.
NOT_WALKED = ("admin/", "accounts/", "health/")


def marked(side: Side, name: str) -> Side:
    """The side with a mark of its own in every contact field, and in its team's note on the pair."""
    organization, person = side.organization, side.person
    organization.contact_email = f"canary-{name}-office@test.example"
    organization.save()
    person.name, person.email = f"Canary-{name}-person", f"canary-{name}-mail@test.example"
    person.save()
    note_write(side.recommendation, text=f"We shall see. canary-{name}-note", by=person)
    return side


MARK = re.compile(r"canary-([a-z0-9]+)-(office|person|mail|note|identity)", re.IGNORECASE)


def marks_in(text: str) -> set[tuple[str, str]]:
    return {(name.lower(), kind.lower()) for name, kind in MARK.findall(text)}


@dataclass
class World:
    """Two pairs, so that there is somebody else in both countries; their alliance, and staff."""

    first: Couple
    second: Couple
    league: Organization = field(default_factory=lambda: make_organization(kind=Kind.ALLIANCE))
    curator: User = field(default_factory=lambda: make_user(is_staff=True, is_superuser=True))

    @property
    def sides(self) -> dict[str, Side]:
        return {"us1": self.first.us, "cn1": self.first.cn, "us2": self.second.us, "cn2": self.second.cn}


@pytest.fixture
def world() -> World:
    return make_world()


def make_world() -> World:
    first, second = make_couples(2)
    world = World(first, second)
    for name, side in world.sides.items():
        marked(side, name)
        make_membership(world.league, side.organization, state=MembershipState.CONFIRMED)
        listen(side.organization)
    link_make(world.league, actor=make_team_member(world.league).user)
    return world


def routes(patterns: list[URLPattern | URLResolver], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every route but those not walked, with the names of its arguments."""
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if route.startswith(NOT_WALKED):
            continue
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route, list(pattern.pattern.regex.groupindex)


def paths(world: World) -> list[str]:
    """Every address, with everything of its kind as its argument. A new argument is to be declared here."""
    public_ids = {
        "recommendations": _public_ids(Recommendation),
        "introductions": _public_ids(Introduction),
        # One is enough of what opens to owners alone, of whom there are none here.
        "webhooks": _public_ids(Webhook)[-1:],
    }
    values: dict[str, list[str]] = {
        "code": [world.league.code, *(side.organization.code for side in world.sides.values())],
        "token": [unsubscribe_token(world.first.us.person), AllianceLink.objects.get().token],
        "alliance": [world.league.code],
        "member": [world.first.cn.organization.code],
        "digest": ["0" * 64],
        "event_id": [str(one) for one in WebhookDelivery.objects.values_list("event_id", flat=True)[:1]]
        or [str(uuid.uuid4())],
        "pk": ["1"],
        "name": ["1", "message"],
        "slug": list(Topic.objects.values_list("slug", flat=True))
        + list(ChallengeArea.objects.values_list("slug", flat=True)),
        "format": ["json"],
        "step": [str(step) for step in Step],
    }
    found = [
        f"/recommendations/compare/?compare={side.recommendation.public_id}" for side in world.sides.values()
    ]
    for route, arguments in routes(get_resolver().url_patterns):
        if "public_id" in arguments:
            collection = route.split("/<uuid:public_id>")[0].rsplit("/", 1)[-1]
            values["public_id"] = public_ids[collection]
        assert set(arguments) <= set(values), f"{route}: declare what stands for {arguments}"
        for given in product(*[values[name] for name in arguments]):
            path = route
            for value in given:
                path = re.sub(r"<[^>]*>|\(\?P<[^)]*\)", value, path, count=1)
            found.append("/" + re.sub(r"[\^$]|\\Z", "", path).replace("\\.", "."))
    return found


def _public_ids(model: type[Model]) -> list[str]:
    return [str(one) for one in model._default_manager.order_by("pk").values_list("public_id", flat=True)]


def asked_for(path: str) -> tuple[str, ...]:
    """What a page and what an answer of the API is asked for; at full size each in the other's words too."""
    html, json = "text/html", "application/json"
    if TEST_SIZE == "full":
        return html, json
    return (json,) if path.startswith("/api/") else (html,)


def seen_by(user: User | None, world: World) -> dict[str, set[tuple[str, str]]]:
    """The marks on every page that this person gets, refusals included."""
    client = Client(raise_request_exception=False)
    if user:
        client.force_login(user)
    seen: dict[str, set[tuple[str, str]]] = {}
    for path in paths(world):
        for accept in asked_for(path):
            response = client.get(path, headers={"accept": accept})
            assert response.status_code != 500, path
            body = b"".join(response) if response.streaming else response.content
            head = "".join(f"{key}: {value}\n" for key, value in response.headers.items())
            if marks := marks_in(head + body.decode(errors="replace")):
                seen[path] = seen.get(path, set()) | marks
    return seen


def leaks_to(name: str, world: World, introduced: set[str], hidden: Collection[str] = ()) -> list[str]:
    """What a side sees that it may not: of `introduced` ones it may see the other's person, never office or
    note."""
    others = {"us1": "cn1", "cn1": "us1", "us2": "cn2", "cn2": "us2"}
    side = world.sides[name]
    allowed = {(name, "person"), (name, "mail"), (name, "office"), (name, "note")}
    if name in introduced and others[name] not in hidden:
        allowed |= {(others[name], "person"), (others[name], "mail")}
    found = []
    for path, marks in seen_by(side.person, world).items():
        found += [f"{name} saw {mark} at {path}" for mark in marks - allowed]
    for mail in OutboxEmail.objects.filter(user=side.person):
        text = f"{mail.subject} {mail.body_text} {mail.body_html} {mail.headers}"
        found += [f"{name} was mailed {mark}" for mark in marks_in(text) - allowed]
    # Programs are told by ids alone, also of what their people see.
    for body in WebhookDelivery.objects.filter(webhook__organization=side.organization):
        found += [f"{name}'s program was told {mark}" for mark in marks_in(body.body)]
    return found


def leaks(world: World, introduced: set[str], hidden: Collection[str] = ()) -> list[str]:
    """Who sees what they may not, of everybody."""
    found = [f"nobody saw {mark} at {path}" for path, marks in seen_by(None, world).items() for mark in marks]
    officer = world.league.team_members.get().user
    found += [
        f"the alliance saw {mark} at {path}"
        for path, marks in seen_by(officer, world).items()
        for mark in marks
    ]
    return found + [leak for name in world.sides for leak in leaks_to(name, world, introduced, hidden)]


def test_contacts_show_to_the_introduced_and_to_nobody_else(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        assert leaks(world, introduced=set()) == []
        world.first.us.say(Answer.INTERESTED)
        assert leaks(world, introduced=set()) == []
        world.second.us.say(Answer.DECLINED, reason="budget")
        introduction = world.first.cn.say(Answer.INTERESTED).introduction
        assert introduction is not None
        assert leaks(world, introduced={"us1", "cn1"}) == []
    # And the introduced do see them, and each team its own note, so that the walk is not blind.
    for name, side in world.sides.items():
        client = Client()
        client.force_login(side.person)
        own_page = client.get(f"/recommendations/{side.recommendation.public_id}/").content.decode()
        assert (name, "note") in marks_in(own_page)
    # Programs were told: of an interest, and of the introduction on both sides.
    events = WebhookDelivery.objects.order_by("pk").values_list("webhook__organization", "event")
    us1, cn1 = world.first.us.organization.pk, world.first.cn.organization.pk
    assert sorted(events) == sorted(
        [(cn1, "interest.received"), (us1, "introduction.made"), (cn1, "introduction.made")]
    )
    # Notes are no business of staff, who see everything else.
    staff = seen_by(world.curator, world).values()
    assert [mark for marks in staff for mark in marks if mark[1] == "note"] == []
    page = f"/introductions/{introduction.public_id}/"
    for own, other in (("us1", "cn1"), ("cn1", "us1")):
        seen = seen_by(world.sides[own].person, world)[page]
        assert {(other, "person"), (other, "mail")} <= seen
        mail = OutboxEmail.objects.get(user=world.sides[own].person)
        assert {(other, "person"), (other, "mail")} <= marks_in(mail.body_text)
    assert marks_in(caplog.text) == set()
    assert marks_in(in_the_broker()) == set()


def in_the_broker() -> str:
    """Everything that waits in the broker."""
    with current_app.connection() as connection:
        broker: Any = connection.default_channel.client  # type: ignore[attr-defined]
        lists = [key for key in broker.scan_iter() if broker.type(key) == b"list"]
        return "".join(repr(broker.lrange(key, 0, -1)) for key in lists)


def test_open_interest_and_its_mails_show_no_contact(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        world.first.us.say(Answer.INTERESTED)
        world.second.cn.say(Answer.INTERESTED)
        interests.tell()
        for days, step in ((10, interests.remind), (25, interests.close_silent)):
            made_days_ago(world.first, days)
            assert step() == 1
        # The first pair's interest is closed now, the second's open.
        assert leaks(world, introduced=set()) == []
    told = Counter(OutboxEmail.objects.values_list("user__email", "kind"))
    us1, cn1, us2 = (world.sides[name].person.email for name in ("us1", "cn1", "us2"))
    assert told == Counter(
        [
            (cn1, EmailKind.INTEREST_RECEIVED),
            (us2, EmailKind.INTEREST_RECEIVED),
            (cn1, EmailKind.INTEREST_REMINDER),
            (us1, EmailKind.INTEREST_CLOSED),
        ]
    )
    assert marks_in(caplog.text) == set()


def test_an_alliance_and_the_two_sides_of_what_it_sponsors_show_each_other_nobody(world: World) -> None:
    side = world.first.cn
    alliance = make_alliance(side.organization, contact_email="canary-alliance-office@test.example")
    officer = make_officer(alliance)
    officer.name, officer.email = "Canary-officer-person", "canary-officer-mail@test.example"
    officer.save()
    sponsor(alliance, side.recommendation, by=officer)
    client = Client()
    client.force_login(officer)
    for answering in (None, side, world.first.us):
        if answering:
            answering.say(Answer.INTERESTED)
        for page in ("", "recommendations/", "report/", "report.csv"):
            response = client.get(f"/alliance/{alliance.code}/{page}")
            assert (response.status_code, marks_in(response.content.decode())) == (200, set())
        interests.tell()
    assert leaks(world, introduced={"us1", "cn1"}) == []


def test_consent_taken_back_hides_the_contact_on_the_next_request(world: World) -> None:
    for side in (world.first.us, world.first.cn):
        side.say(Answer.INTERESTED)
    OutboxEmail.objects.all().delete()  # what was mailed before cannot be called back
    consent_withdraw(
        world.first.cn.person, ConsentPurpose.CROSS_BORDER, language="en", channel="test", text_version="t"
    )
    assert leaks(world, introduced={"us1", "cn1"}, hidden={"cn1"}) == []


def test_planted_leak_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recommendation_pages, "place_line", lambda organization: organization.contact_email)
    path = f"/recommendations/{world.first.us.recommendation.public_id}/"
    assert leaks_to("us1", world, introduced=set()).count(f"us1 saw ('cn1', 'office') at {path}") == 1


def test_planted_leak_in_the_directory_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(directory_pages, "place_line", lambda organization: organization.contact_email)
    seen = seen_by(world.first.us.person, world)
    for path in ("/directory/", f"/directory/{world.first.cn.organization.code}/"):
        assert ("cn1", "office") in seen[path]
