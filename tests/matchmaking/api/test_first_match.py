"""The page "Your first match in five calls": what is printed there is what is sent here, over real HTTP."""

from __future__ import annotations

import html
import json
import re
import shlex
import urllib.request
from dataclasses import dataclass
from string import Template
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from alliances.enums import Country, Kind
from alliances.models import Need, Organization, User
from alliances.services.demo import load_demo
from matchmaking import settings as written
from matchmaking.api.first_match import CALLS
from matchmaking.api.schema import schema_in
from matchmaking.enums import Answer, RecommendationState, TokenScope
from matchmaking.models import Introduction, Recommendation
from matchmaking.selectors.recommendations import pinned
from matchmaking.services.answers import Said, answer
from matchmaking.services.tokens import token_issue
from tests.factories import make_organization, make_team_member
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of
from tests.matchmaking.runs.conftest import complete_run

PAGE = "/api/v1/docs/first-match/"


def printed(page: str) -> list[str]:
    """The commands on the page, the variables first."""
    return [html.unescape(one) for one in re.findall(r"<code>((?:API=|curl )[^<]*)</code></pre>", page)]


def kept(page: str) -> list[tuple[str, str]]:
    """Which places of the answers the page says to keep, and as what."""
    return re.findall(r"<code>(\.[^<]+)</code>[^<]*<code>([A-Z]+)</code>", page)


def sent(command: str, variables: dict[str, str]) -> Any:
    """What is answered to a command, read as curl reads it."""
    word, url, *options = shlex.split(Template(command.replace("\\\n", "")).substitute(variables))
    assert word == "curl"
    headers, body = {}, None
    for option, value in zip(options[::2], options[1::2], strict=True):
        if option == "-H":
            name, _colon, rest = value.partition(": ")
            headers[name] = rest
        else:
            assert option == "-d"
            body = value.encode()
    with urllib.request.urlopen(urllib.request.Request(url, body, headers)) as response:
        return json.load(response)


def at(place: str, answered: Any) -> Any:
    """What stands in the answer at a place like .results[0].code."""
    for name in re.findall(r"\w+", place):
        answered = answered[int(name) if name.isdecimal() else name]
    return answered


@dataclass
class Couple:
    """An American city that has not stated the page's need, and whoever is first in its list."""

    city: Organization
    owner: User
    their: Recommendation


def couple() -> Couple:
    """The first in the register whose first recommendation was recommended to both."""
    mine = Recommendation.objects.filter(
        seeker__kind=Kind.CITY, seeker__country=Country.US, state=RecommendationState.RELEASED
    ).exclude(seeker__needs__topic__slug="flood-control")
    for city in Organization.objects.filter(pk__in=mine.values("seeker")).order_by("pk"):
        best = mine.filter(seeker=city).order_by(pinned().desc(), "-score", "pk")[0]
        their = Recommendation.objects.filter(
            pair=best.pair_id, seeker=best.candidate_id, state=RecommendationState.RELEASED
        ).first()
        if their:
            return Couple(city, city.team_members.get().user, their)
    raise LookupError("nobody is recommended to each other")


@pytest.mark.django_db(transaction=True)
def test_the_five_calls_lead_to_an_introduction(live_server: Any) -> None:
    load_demo(None)
    complete_run()
    found = couple()
    them = found.their.seeker.team_members.get().user
    answer(found.their, Said(Answer.INTERESTED), by=them, channel="test")
    token = token_issue(found.city, name="CRM", scope=TokenScope.WRITE, days=30, by=found.owner)
    page = text_of(Client(), PAGE)
    first, *commands = printed(page)
    assert first.splitlines() == [f"API={settings.SITE_URL}/api/v1", "TOKEN=mm_…"]
    variables = {"API": f"{live_server.url}/api/v1", "TOKEN": token.words}
    answers = []
    for call, command in zip(CALLS, commands, strict=True):
        answers.append(sent(command, variables))
        if call.keeps:
            name, place = call.keeps
            variables[name] = at(place, answers[-1])
    own, need, listed, one, answered = answers
    assert [row["code"] for row in own["results"]] == [found.city.code]
    assert need == {"topic": "flood-control", "priority": 3, "statement": ""}
    assert listed["results"][0]["candidate"]["code"] == found.their.seeker.code
    assert (one["state"], one["they_are_interested"]) == ("seen", True)
    assert len(one["for_you"]) > 0
    assert len(one["for_them"]) > 0
    made = Introduction.objects.get()
    assert (answered["state"], answered["introduction"]) == ("interested", str(made.public_id))
    # Sent again under their keys, the two that write are the same calls.
    assert [sent(command, variables) for command in (commands[1], commands[4])] == [need, answered]
    assert (Need.objects.filter(organization=found.city, topic__slug="flood-control").count()) == 1


@pytest.mark.django_db
def test_the_page_prints_the_table_and_loads_our_own_files_alone() -> None:
    page = text_of(Client(), PAGE)
    assert printed(page)[1:] == [call.curl for call in CALLS]
    assert kept(page) == [(call.keeps[1], call.keeps[0]) for call in CALLS if call.keeps]
    assert [call.path.split("?")[0] for call in CALLS] == [
        "/organizations/",
        "/organizations/$CODE/needs/",
        "/recommendations/",
        "/recommendations/$ID/",
        "/recommendations/$ID/answer/",
    ]
    assert re.findall(r"<style|style=|<script|https?://(?!localhost)", page) == []
    assert page.count("<h1") == 1


@pytest.mark.django_db
def test_the_page_is_found_and_speaks_both_languages() -> None:
    person = make_team_member(make_organization()).user
    for language, title in ((ENGLISH, "Your first match in five calls"), (CHINESE, "五次调用，完成首次匹配")):
        client = signed_in(person, language)
        for path in ("/organization/tokens/", "/api/v1/docs/"):
            assert f'<a href="{PAGE}">{title}</a>' in text_of(client, path)
        words = words_of(text_of(client, PAGE))
        assert title in words
        assert all(str(one) in words for one in (1, 2, 3, 4, 5))
    assert "陈述一项需求" in words


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/v1/docs/", PAGE])
def test_the_header_knows_who_is_signed_in(path: str) -> None:
    doors = ('href="/accounts/login/"', 'action="/accounts/logout/"', 'href="/organization/"')
    shown = [
        [door for door in doors if door in text_of(one, path)]
        for one in (Client(), signed_in(make_team_member(make_organization()).user))
    ]
    assert shown == [[doors[0]], [*doors[1:]]]


@pytest.mark.django_db
def test_limits_versions_and_deprecation_are_written_down_in_both_languages(settings: Any) -> None:
    settings.API_LIMITS = written.API_LIMITS
    schema_in.cache_clear()
    english, chinese = (
        Client(headers={"accept-language": language}).get("/api/v1/schema/").json()["info"]["description"]
        for language in (ENGLISH, CHINESE)
    )
    for text in (english, chinese):
        assert [
            word for word in ("Deprecation", "Sunset", "RateLimit-Policy", "429") if word not in text
        ] == []
        (limits,) = [one for one in text.split("\n\n") if "RateLimit-Policy" in one]
        assert re.findall(r"\d+", limits) == ["600", "60", "60", "10", "10", "10", "20", "60", "256", "429"]
    assert "at least 12 months before" in english
    assert "至少提前 12 个月" in chinese
