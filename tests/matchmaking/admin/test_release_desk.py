"""The release desk: what a run proposed by organization, decided on in any number, at a fixed cost."""

from __future__ import annotations

import re
from collections import Counter
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from alliances.enums import Country, Kind, OrganizationState
from alliances.models import Organization, User
from matchmaking.enums import RecommendationState as S
from matchmaking.middleware import sessions
from matchmaking.models import CurationEvent, CurationNote, Exclusion, MatchRun, Pair, Pin, Recommendation
from matchmaking.selectors.release import DeskFilter, on_desk
from matchmaking.services.recommendations import recommendations_exclude, recommendations_release
from matchmaking.services.release import CHUNK, decide_on_all
from tests.factories import make_user
from tests.matchmaking.runs.conftest import complete_run
from tests.matchmaking.scenes import Scene, make_scene

pytestmark = pytest.mark.django_db
_numbers = count(1)
TICKED = re.compile(r'name="(\w+)" value="(\w+)" id="\w+" checked')


@pytest.fixture
def curator() -> User:
    return make_user("curator@test.example", is_staff=True, is_superuser=True, name="Chris")


@pytest.fixture
def desk(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


@pytest.fixture
def scene() -> Scene:
    """Springfield with four to be recommended and they with it, all of it only proposed."""
    made = make_scene()
    Recommendation.objects.update(state=S.PROPOSED, released_at=None)
    return made


def address(run: MatchRun, query: str = "") -> str:
    return f"/admin/matchmaking/matchrun/{run.pk}/release/{query}"


def shown(desk: Client, run: MatchRun, query: str = "") -> dict[str, list[str]]:
    groups = desk.get(address(run, query)).context["groups"]
    return {one.organization.code: [row.recommendation.candidate.code for row in one.rows] for one in groups}


def decide(desk: Client, run: MatchRun, what: str, query: str = "", **stated: Any) -> list[str]:
    answer = desk.post(address(run, query), {"do": what, **stated}, follow=True)
    assert answer.status_code in (200, 400)
    return [str(message) for message in answer.context["messages"]]


def make_rows(run: MatchRun, us: int, cn: int) -> list[Recommendation]:
    """Proposed recommendations of as many organizations, each of a side with each of the other, both ways."""
    made = Recommendation.objects.all()[0]
    sides = [
        Organization.objects.bulk_create(
            Organization(
                code=f"{country.lower()}-many-{next(_numbers)}",
                kind=Kind.CITY,
                country=country,
                state=OrganizationState.APPROVED,
                name_en=f"Many {country}",
            )
            for _number in range(number)
        )
        for country, number in ((Country.US, us), (Country.CN, cn))
    ]
    pairs = Pair.objects.bulk_create(
        Pair(low=min(one, other, key=lambda of: of.pk), high=max(one, other, key=lambda of: of.pk))
        for one in sides[0]
        for other in sides[1]
    )
    return Recommendation.objects.bulk_create(
        Recommendation(
            run=run,
            pair=pair,
            seeker_id=seeker,
            candidate_id=candidate,
            kind=Kind.CITY,
            rank=1,
            score=0.5,
            affinity=0.5,
            candidate_affinity=0.5,
            breakdown=made.breakdown,
        )
        for pair in pairs
        for seeker, candidate in ((pair.low_id, pair.high_id), (pair.high_id, pair.low_id))
    )


# --- What stands there ----------------------------------------------------------------------------


def test_by_organization_each_best_first_with_its_first_reason(desk: Client, scene: Scene) -> None:
    groups = desk.get(address(scene.run)).context["groups"]
    codes = [group.organization.code for group in groups]
    assert codes == sorted([scene.seekers[0].code, *(one.code for one in scene.candidates)])
    (own,) = [group for group in groups if group.organization == scene.seekers[0]]
    scores = [row.recommendation.score for row in own.rows]
    assert len(scores) == 4
    assert scores == sorted(scores, reverse=True)
    assert [row.score for row in own.rows] == [round(100 * score) for score in scores]
    assert own.rows[0].reason == "needs met: sponge-city (1 of 2)"


def test_what_was_seen_or_answered_or_is_of_another_run_is_not_there(desk: Client, scene: Scene) -> None:
    mine = Recommendation.objects.filter(seeker=scene.seekers[0]).order_by("-score", "candidate__code")
    there = []
    for one in mine:
        for state in S:
            Recommendation.objects.filter(pk=one.pk).update(state=state, released_at=timezone.now())
            found = shown(desk, scene.run).get(scene.seekers[0].code, [])
            if one.candidate.code in found:
                there.append(state)
    assert set(there) == {S.PROPOSED, S.HELD, S.RELEASED}
    assert len(there) == 4 * 3
    assert desk.get(address(MatchRun(pk=scene.run.pk + 1))).status_code == 404
    assert desk.get(address(MatchRun(pk=10**30))).status_code == 404


def test_filters_narrow_and_what_is_unknown_does_not(desk: Client, scene: Scene) -> None:
    us = scene.seekers[0]
    Recommendation.objects.filter(seeker=us, kind="firm").update(state=S.HELD)
    everything = shown(desk, scene.run)
    assert len(everything) == 5
    assert set(shown(desk, scene.run, "?country=US")) == {us.code}
    assert len(shown(desk, scene.run, "?country=CN")) == 4
    assert {code: len(found) for code, found in shown(desk, scene.run, "?kind=alliance").items()} == {
        us.code: 1
    }
    assert list(shown(desk, scene.run, "?state=held")) == [us.code]
    assert set(shown(desk, scene.run, "?text=springfield")) == {us.code}
    assert set(shown(desk, scene.run, f"?text={us.code.upper()}")) == {us.code}
    assert len(shown(desk, scene.run, "?text=汉州市")) == 2
    assert shown(desk, scene.run, "?text=nobody") == {}
    for query in ("?kind=ship&country=FR&state=seen", "?page=9", "?page=x"):
        assert shown(desk, scene.run, query) == everything


def test_pages_hold_25_organizations_and_cost_the_same_at_10000_rows(
    desk: Client, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    # To note that a session is used takes queries of its own, once a minute.
    monkeypatch.setattr(sessions, "NOTED_EVERY", 3600)

    def cost(query: str) -> int:
        desk.get(address(scene.run, query))
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address(scene.run, query)).status_code == 200
        return len(queries)

    of_few = cost("")
    pinned = Recommendation.objects.filter(seeker__country="CN")
    Pin.objects.bulk_create(
        Pin(seeker_id=one.seeker_id, candidate_id=one.candidate_id, reason="x") for one in pinned
    )
    CurationNote.objects.bulk_create(CurationNote(recommendation=one, text="x") for one in pinned)
    make_rows(scene.run, 50, 100)
    page = desk.get(address(scene.run))
    assert page.context["matching"] == 10_008
    assert (len(page.context["groups"]), page.context["page"].paginator.num_pages) == (25, 7)
    assert {cost(""), cost("?page=2"), cost("?text=many&state=proposed&country=CN")} == {of_few}


# --- Deciding -------------------------------------------------------------------------------------


def test_what_is_held_is_not_let_out_along_with_all_others(desk: Client, scene: Scene) -> None:
    own = Recommendation.objects.filter(run=scene.run, seeker=scene.seekers[0]).order_by("pk")
    own.update(state=S.PROPOSED)
    held = own[0]
    Recommendation.objects.filter(pk=held.pk).update(state=S.HELD)
    others = own.count() - 1
    kept = "1 skipped: It is held: tick it by itself to release it."
    assert decide(desk, scene.run, "release", seeker=[held.seeker_id]) == [f"{others} rows changed.", kept]
    assert Recommendation.objects.get(pk=held.pk).state == S.HELD
    # Nor by whoever ticked it on a page that was loaded before somebody held it.
    assert decide(desk, scene.run, "release", item=[held.pk]) == [kept]
    page = desk.get(address(scene.run)).content.decode()
    assert (f'name="held" value="{held.pk}"' in page, f'name="item" value="{held.pk}"' in page) == (
        True,
        False,
    )
    assert decide(desk, scene.run, "release", seeker=[held.seeker_id], held=[held.pk])[0] == "1 row changed."
    # So are those that are asked for as held.
    Recommendation.objects.filter(pk=held.pk).update(state=S.HELD)
    everything = {"everything": "1", "confirmed": "1"}
    assert decide(desk, scene.run, "release", "?state=held", **everything) == ["1 row changed."]


def test_what_is_ticked_is_decided_on_alone_or_with_its_whole_organization(
    desk: Client, scene: Scene
) -> None:
    us = scene.seekers[0]
    mine, others = (
        list(rows.order_by("pk").values_list("pk", flat=True))
        for rows in (
            Recommendation.objects.filter(seeker=us),
            Recommendation.objects.exclude(seeker=us),
        )
    )
    assert decide(desk, scene.run, "release", item=mine[:1]) == ["1 row changed."]
    assert decide(desk, scene.run, "hold", "?state=proposed", item=others[:1], seeker=us.pk) == [
        "4 rows changed."
    ]
    assert Counter(Recommendation.objects.filter(seeker=us).values_list("state", flat=True)) == {
        S.RELEASED: 1,
        S.HELD: 3,
    }
    assert Recommendation.objects.get(pk=others[0]).state == S.HELD
    assert decide(desk, scene.run, "exclude", item=mine[0], words="They know each other.") == [
        "1 row changed."
    ]
    assert Exclusion.objects.get().reason == "They know each other."
    # What was decided meanwhile is named with its reason.
    assert decide(desk, scene.run, "release", item=mine[:1], held=mine[1:]) == [
        "3 rows changed.",
        "1 skipped: The state is 'Expired'. Only what is proposed or held can be released.",
    ]


def test_all_that_match_is_asked_for_once_more_and_then_done_on_every_page(
    desk: Client, scene: Scene
) -> None:
    make_rows(scene.run, 2, 30)
    asked = desk.post(address(scene.run, "?country=CN&page=2"), {"do": "release", "everything": "1"})
    assert "64 recommendations of run" in asked.content.decode()
    assert not Recommendation.objects.exclude(state=S.PROPOSED).exists()
    answer = desk.post(
        address(scene.run, "?country=CN&page=2"), {"do": "release", "everything": "1", "confirmed": "1"}
    )
    assert answer.headers["Location"] == address(scene.run, "?country=CN&page=2")
    released = Recommendation.objects.filter(state=S.RELEASED)
    assert set(released.values_list("seeker__country", flat=True)) == {"CN"}
    assert released.count() == 64


def test_a_decision_reaches_this_run_only(desk: Client, scene: Scene) -> None:
    other = MatchRun.objects.create(policy=scene.run.policy, as_of=scene.run.as_of, top_k=scene.run.top_k)
    one = Recommendation.objects.all()[0]
    assert decide(desk, other, "release", item=one.pk) == ["Tick what you mean first."]
    assert Recommendation.objects.get(pk=one.pk).state == S.PROPOSED


BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "Tick what you mean first."),
    ({"do": "dance"}, "Choose what to do with them."),
    ({"item": "x"}, "“x” is nothing of this page."),
    ({"seeker": "9" * 30}, f"“{'9' * 30}” is nothing of this page."),
    ({"do": "exclude", "ticked": True}, "Give a reason of at most 500 characters."),
    ({"do": "exclude", "ticked": True, "words": "x" * 501}, "Give a reason of at most 500 characters."),
]


@pytest.mark.parametrize(("stated", "words"), BAD)
def test_a_bad_decision_changes_nothing(
    desk: Client, scene: Scene, stated: dict[str, Any], words: str
) -> None:
    events = CurationEvent.objects.count()
    given = {"do": "release", **stated}
    if given.pop("ticked", False):
        given["item"] = Recommendation.objects.all()[0].pk
    assert decide(desk, scene.run, given.pop("do"), **given) == [words]
    assert not Recommendation.objects.exclude(state=S.PROPOSED).exists()
    assert CurationEvent.objects.count() == events


def test_a_refused_decision_keeps_what_was_ticked_and_written(desk: Client, scene: Scene) -> None:
    one, held, other = Recommendation.objects.all()[:3]
    Recommendation.objects.filter(pk=held.pk).update(state=S.HELD)
    stated = {"item": one.pk, "held": held.pk, "seeker": other.seeker_id, "everything": "1", "confirmed": "1"}
    for words in ("", "x" * 501):
        answer = desk.post(address(scene.run), {"do": "exclude", "words": words, **stated})
        page = answer.content.decode()
        assert set(TICKED.findall(page)) == {
            ("item", str(one.pk)),
            ("held", str(held.pk)),
            ("seeker", str(other.seeker_id)),
            ("everything", "1"),
        }
        assert (answer.status_code, f'name="words" value="{words}"' in page) == (400, True)
    assert TICKED.findall(desk.get(address(scene.run)).content.decode()) == []


def test_5000_with_mixed_states_are_summed_up_by_reason_at_a_fixed_cost_a_chunk(
    scene: Scene, curator: User
) -> None:
    rows = make_rows(scene.run, 50, 50)
    Recommendation.objects.filter(pk__in=[one.pk for one in rows[:40]]).update(state=S.HELD)
    for state, number in ((S.RELEASED, 300), (S.SEEN, 20), (S.EXPIRED, 7)):
        undecided = Recommendation.objects.filter(state=S.PROPOSED, pk__in=[one.pk for one in rows])
        some = list(undecided.values_list("pk", flat=True)[:number])
        Recommendation.objects.filter(pk__in=some).update(state=state, released_at=timezone.now())
    before = CurationEvent.objects.count()
    chosen = Recommendation.objects.filter(pk__in=[one.pk for one in rows])
    sizes: list[int] = []
    costs: list[int] = []

    def release(chunk: list[Recommendation]) -> object:
        with CaptureQueriesContext(connection) as queries:
            outcome = recommendations_release(chunk, by=curator)
        sizes.append(len(chunk))
        costs.append(len(queries))
        return outcome

    done, skipped = decide_on_all(chosen, release)  # type: ignore[arg-type]
    assert (done, sizes) == (5000 - 327, [CHUNK] * 10)
    assert len(set(costs)) == 1
    refusal = "The state is '%s'. Only what is proposed or held can be released."
    assert Counter(skipped) == {refusal % "Released": 300, refusal % "Seen": 20, refusal % "Expired": 7}
    events = CurationEvent.objects.filter(kind="released", actor_id=curator.pk)
    assert events.count() == CurationEvent.objects.count() - before == 4673


def test_both_directions_of_a_pair_are_excluded_in_one_chunk(
    scene: Scene, curator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("matchmaking.services.release.CHUNK", 3)
    outcome = decide_on_all(
        on_desk(scene.run, DeskFilter()),
        lambda chunk: recommendations_exclude(chunk, reason="No.", by=curator),
    )
    assert outcome == (8, [])
    assert Exclusion.objects.count() == 4


def test_a_reason_that_is_missing_stops_it_before_the_first(scene: Scene, curator: User) -> None:
    with pytest.raises(ValidationError, match="at most 500"):
        decide_on_all(
            on_desk(scene.run, DeskFilter()),
            lambda chunk: recommendations_exclude(chunk, reason=" ", by=curator),
        )
    assert not Exclusion.objects.exists()


# --- Pins and notes -------------------------------------------------------------------------------


def test_what_is_pinned_stands_first_marked_and_until_it_is_unpinned(
    desk: Client, scene: Scene, curator: User
) -> None:
    us = scene.seekers[0]
    last = Recommendation.objects.filter(seeker=us).order_by("-score", "candidate__code")[3]
    assert decide(desk, scene.run, "pin", item=last.pk, words="They met.") == ["1 row changed."]
    first = desk.get(address(scene.run, f"?text={us.code}")).context["groups"][0].rows[0]
    assert (first.recommendation, first.pin.reason, first.pin.created_by) == (last, "They met.", curator)
    assert "They met. · Chris" in desk.get(address(scene.run)).content.decode()
    assert desk.get("/admin/matchmaking/pin/").context["cl"].result_count == 1
    assert decide(desk, scene.run, "unpin", seeker=us.pk) == [
        "1 row changed.",
        "3 skipped: It is not pinned.",
    ]
    assert not Pin.objects.exists()


def test_a_pin_is_taken_back_in_the_list_of_pins(desk: Client, scene: Scene) -> None:
    one = Recommendation.objects.all()[0]
    pin = Pin.objects.create(seeker=one.seeker, candidate=one.candidate, reason="They met.")
    stated = {"action": "unpin", "_selected_action": [pin.pk]}
    looking = Client()
    looking.force_login(staff_with("view_pin"))
    looking.post("/admin/matchmaking/pin/", stated)
    assert Pin.objects.exists()
    answer = desk.post("/admin/matchmaking/pin/", stated, follow=True)
    assert [str(message) for message in answer.context["messages"]] == ["1 row changed."]
    assert not Pin.objects.exists()


def test_the_last_note_is_shown_also_on_what_a_later_run_made_of_the_two(desk: Client, scene: Scene) -> None:
    us = scene.seekers[0]
    one = Recommendation.objects.filter(seeker=us).order_by("pk")[0]
    assert decide(desk, scene.run, "note", item=one.pk, words="Ask first.") == ["1 row changed."]
    assert decide(desk, scene.run, "note", item=one.pk, words="Asked.") == ["1 row changed."]
    later = complete_run()
    rows = {
        row.recommendation.candidate_id: row.note
        for group in desk.get(address(later, f"?text={us.code}")).context["groups"]
        for row in group.rows
    }
    assert rows.pop(one.candidate_id).text == "Asked."
    assert set(rows.values()) == {None}
    page = desk.get(f"/admin/matchmaking/recommendation/{one.pk}/change/").content.decode()
    assert "Ask first." in page
    assert "Asked." in page


@pytest.mark.parametrize("what", ["pin", "note"])
def test_a_pin_or_note_without_words_is_refused(desk: Client, scene: Scene, what: str) -> None:
    item = Recommendation.objects.all()[0].pk
    assert decide(desk, scene.run, what, item=item, words=" ") == [
        "Write what it is about, in at most 500 characters."
    ]


# --- Who may, and in which words ------------------------------------------------------------------


def staff_with(*codenames: str) -> User:
    person = make_user(is_staff=True)
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return person


def test_looking_is_not_deciding(client: Client, scene: Scene) -> None:
    stated = {"do": "release", "item": Recommendation.objects.all()[0].pk}
    client.force_login(staff_with("view_recommendation", "view_matchrun"))
    answer = client.get(address(scene.run))
    assert answer.status_code == 200
    assert b'name="do"' not in answer.content
    assert client.post(address(scene.run), stated).status_code == 403
    client.force_login(staff_with("view_matchrun"))
    assert client.get(address(scene.run)).status_code == 403
    assert client.post(address(scene.run), stated).status_code == 403
    client.force_login(make_user())
    assert client.get(address(scene.run)).status_code == 302
    assert not Recommendation.objects.exclude(state=S.PROPOSED).exists()


def test_the_page_of_the_run_leads_here(desk: Client, client: Client, scene: Scene) -> None:
    link = f"/admin/matchmaking/matchrun/{scene.run.pk}/release-desk"
    page = desk.get(f"/admin/matchmaking/matchrun/{scene.run.pk}/change/")
    assert link in page.content.decode()
    assert desk.get(link, follow=True).redirect_chain[-1][0] == address(scene.run)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Release desk of run", "needs met: sponge-city (1 of 2)", "All of this organization"]),
        ("zh-hans", ["放行台", "需求满足：sponge-city（2项中的1项）", "该机构的全部推荐"]),
    ],
)
def test_the_page_in_both_languages(desk: Client, scene: Scene, language: str, words: list[str]) -> None:
    page = desk.get(address(scene.run), headers={"accept-language": language}).content.decode()
    assert [word for word in words if word not in page] == []
    with translation.override(language):
        assert str(Recommendation.objects.all()[0].get_state_display()) in page
