"""Writing with care: over no change that was not read (If-Match), once under a key, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from psycopg.errors import LockNotAvailable

from alliances.enums import EventKind, TeamRole
from alliances.models import Need, Offer, Organization, TeamMember
from matchmaking.enums import Answer
from matchmaking.models import ApiCall
from matchmaking.services.api_calls import old_calls_drop
from matchmaking.services.crossings import CrossedError, uncrossed
from matchmaking.services.erasure import person_erase
from tests.factories import make_organization, make_team_member, make_topic, make_user
from tests.matchmaking.api.callers import ROOT, Caller, program
from tests.matchmaking.api.test_refusals import refused
from tests.matchmaking.introductions.scenes import make_couples

pytestmark = pytest.mark.django_db

PATH = "/organizations/us-city-one/"
NEEDS, NEED = f"{PATH}needs/", f"{PATH}needs/sponge-city/"
STALE = "This was changed after you read it. Read it again, and send your change with its new ETag."


@pytest.fixture
def organization() -> Organization:
    for slug in ("tram", "e-bus"):
        make_topic(slug)
    return make_organization("us-city-one", needs={"sponge-city": 2}, offers={"e-bus": 1})


@pytest.fixture
def owner(organization: Organization) -> TeamMember:
    return make_team_member(organization)


@pytest.fixture
def us(owner: TeamMember) -> Caller:
    return program(owner.organization, owner.user)


def version(caller: Caller, path: str) -> str:
    etag: str = caller.call("GET", path).headers["ETag"]
    return etag


# --- If-Match ------------------------------------------------------------------------------------

CHANGES: list[tuple[str, str, object]] = [
    ("PATCH", PATH, {"region": "OR"}),
    ("PATCH", NEED, {"priority": 3}),
    ("PATCH", f"{PATH}offers/e-bus/", {"maturity": 3}),
    ("DELETE", NEED, None),
    ("DELETE", f"{PATH}offers/e-bus/", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_a_change_names_what_it_changes(us: Caller, method: str, path: str, body: object) -> None:
    before = us.call("GET", path)
    missing = us.call(method, path, body, if_match="")
    assert (missing.status_code, refused(missing)) == (
        428,
        {
            "code": "if_match_required",
            "message": "Send If-Match with the ETag of what you read, so that nobody's change is overwritten "
            "unseen.",
            "field": "If-Match",
        },
    )
    for other in ('"0"', "W/" + before.headers["ETag"], "rubbish", '"' + "x" * 5_000 + '"'):
        stale = us.call(method, path, body, if_match=other)
        assert (stale.status_code, refused(stale)) == (
            412,
            {"code": "changed_meanwhile", "message": STALE, "field": "If-Match"},
        )
    assert us.call("GET", path).content == before.content
    done = us.call(method, path, body, if_match=f'"0", {before.headers["ETag"]}')
    assert done.status_code == (204 if method == "DELETE" else 200)
    if method == "PATCH":
        assert done.headers["ETag"] == version(us, path) != before.headers["ETag"]
        again = us.call(method, path, body, if_match=before.headers["ETag"])
        assert again.status_code == 412


def test_refusals_of_versions_and_keys_come_in_chinese(owner: TeamMember) -> None:
    caller = program(owner.organization, owner.user, language="zh-hans")
    told = [
        caller.call("PATCH", PATH, {}, if_match="").json()["detail"],
        caller.call("PATCH", PATH, {}, if_match='"0"').json()["detail"],
        caller.call("PATCH", PATH, {}, idempotency_key="a b").json()["detail"],
    ]
    assert told == [
        "请在 If-Match 中发送您所读内容的 ETag，以免在不知情时覆盖他人的改动。",
        "您读取之后此内容已有改动。请重新读取，并附新的 ETag 发送您的改动。",
        "键由1至200个可见 ASCII 字符组成，不含空格。",
    ]


def test_a_change_made_in_the_portal_makes_the_version_stale(us: Caller, organization: Organization) -> None:
    """Everything that is told is part of the version, also what no column of the organization holds."""
    read = version(us, PATH)
    Need.objects.filter(organization=organization).update(priority=3)
    assert us.call("PATCH", PATH, {"region": "OR"}, if_match=read).status_code == 412
    Need.objects.filter(organization=organization).update(priority=2)
    assert us.call("PATCH", PATH, {"region": "OR"}, if_match=read).status_code == 200


def test_an_answer_may_name_what_was_read() -> None:
    (couple,) = make_couples(1)
    caller = program(couple.us.organization, couple.us.person)
    path = f"/recommendations/{couple.us.recommendation.public_id}/"
    read = version(caller, path)
    couple.cn.say(Answer.INTERESTED)
    said = {"answer": "interested"}
    assert caller.call("POST", path + "answer/", said, if_match=read).status_code == 412
    done = caller.call("POST", path + "answer/", said, if_match=version(caller, path))
    assert (done.status_code, done.headers["ETag"]) == (200, version(caller, path))


# --- Needs and offers ----------------------------------------------------------------------------


def test_a_topic_that_no_text_can_be_is_refused(us: Caller) -> None:
    for path in (NEEDS, f"{PATH}offers/"):
        assert us.post(path, {"topic": "\x00"})[0] == 400


def test_a_need_is_added_changed_and_taken_out(us: Caller, organization: Organization) -> None:
    stated = {"topic": "tram", "priority": 3, "statement": "Two lines by 2030."}
    made = us.call("POST", NEEDS, stated)
    assert (made.status_code, made.json()) == (201, stated)
    address = made.headers["Location"]
    assert address == f"{ROOT}{NEEDS}tram/"
    path = address.removeprefix(ROOT)
    assert made.headers["ETag"] == version(us, path)
    assert us.patch(path, {"priority": 1}) == (200, {**stated, "priority": 1})
    assert us.patch(path, {"statement": ""}) == (200, {**stated, "priority": 1, "statement": ""})
    assert us.call("DELETE", path).status_code == 204
    assert us.get(path)[0] == 404
    assert list(organization.needs.values_list("topic__slug", "priority")) == [("sponge-city", 2)]
    events = organization.events.filter(kind=EventKind.UPDATED).order_by("pk")
    assert [event.data["fields"] for event in events] == [["needs"]] * 5


def test_an_offer_is_added_changed_and_taken_out(us: Caller, organization: Organization) -> None:
    path = f"{PATH}offers/"
    assert us.post(path, {"topic": "tram"}) == (201, {"topic": "tram", "maturity": 2, "statement": ""})
    assert us.patch(f"{path}tram/", {"maturity": 3})[1]["maturity"] == 3
    assert us.call("DELETE", f"{path}e-bus/").status_code == 204
    assert list(organization.offers.values_list("topic__slug", "maturity")) == [("tram", 3)]


def test_a_level_changes_and_the_statement_stays(us: Caller, organization: Organization) -> None:
    Need.objects.update(statement="Keep the rain.")
    assert us.patch(NEED, {"priority": 1})[1]["statement"] == "Keep the rain."
    assert us.patch(PATH, {"needs": [{"topic": "sponge-city", "priority": 3}]})[0] == 200
    assert us.get(NEED)[1] == {"topic": "sponge-city", "priority": 3, "statement": "Keep the rain."}


@pytest.mark.parametrize(
    ("method", "path", "body", "code", "sentence", "field"),
    [
        (
            *("POST", NEEDS, {"topic": "sponge-city"}, "exists"),
            *("Topic 'sponge-city' is stated already. Change it at its own address.", "topic"),
        ),
        (
            *("POST", NEEDS, {"topic": "no-such"}, "invalid"),
            *("Topic 'no-such' is not known. Use the topic list's slugs.", "topic"),
        ),
        ("POST", NEEDS, {}, "required", "This field is required.", "topic"),
        (
            "POST",
            NEEDS,
            {"topic": "tram", "maturity": 1},
            "unknown_field",
            "Unknown field 'maturity'.",
            "maturity",
        ),
        (
            *("POST", NEEDS, {"topic": "tram", "priority": 0}, "min_value"),
            *("Ensure this value is greater than or equal to 1.", "priority"),
        ),
        (
            *("POST", NEEDS, {"topic": "tram", "priority": 2.0}, "invalid"),
            *("A valid integer is required.", "priority"),
        ),
        (
            *("POST", NEEDS, {"topic": "tram", "statement": "x" * 601}, "max_length"),
            *("The text is too long (601 characters; limit 600).", "statement"),
        ),
        (
            *("POST", NEEDS, {"topic": "tram", "statement": "a\u202eb"}, "invisible_character"),
            *("Text contains invisible or direction-changing characters (U+202E).", "statement"),
        ),
        ("PATCH", NEED, {"topic": "tram"}, "read_only_field", "topic cannot be changed here.", "topic"),
        ("PATCH", NEED, {"priority": None}, "null", "This field may not be null.", "priority"),
    ],
)
def test_what_is_wrong_with_a_need_is_said_and_nothing_saved(
    us: Caller, method: str, path: str, body: object, code: str, sentence: str, field: str
) -> None:
    before = list(Need.objects.values())
    response = us.call(method, path, body)
    assert (response.status_code, refused(response)) == (
        400,
        {"code": code, "message": sentence, "field": field},
    )
    assert list(Need.objects.values()) == before


def test_needs_are_listed_narrowed_and_ordered(us: Caller, organization: Organization) -> None:
    Need.objects.create(organization=organization, topic=make_topic("tram"), priority=3)
    Need.objects.create(organization=organization, topic=make_topic("light", area="other-area"), priority=1)
    make_organization(needs={"tram": 1})

    def slugs(query: str) -> list[str]:
        status, page = us.get(f"{NEEDS}{query}")
        assert (status, page["count"]) == (200, len(page["results"]))
        return [one["topic"] for one in page["results"]]

    assert slugs("?ordering=priority") == ["light", "sponge-city", "tram"]
    assert slugs("?ordering=-priority") == ["tram", "sponge-city", "light"]
    assert slugs("?ordering=-topic") == list(reversed(slugs("")))
    assert slugs("?area=other-area") == ["light"]
    assert refused(us.call("GET", f"{NEEDS}?ordering=organization"))["field"] == "ordering"


def test_lists_of_needs_cost_the_same_for_one_and_for_thirty(us: Caller, organization: Organization) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert us.get(NEEDS)[0] == 200
        return len(found)

    queries()
    with_one = queries()
    for _number in range(29):
        Need.objects.create(organization=organization, topic=make_topic())
    assert (queries(), us.get(NEEDS)[1]["count"]) == (with_one, 30)


# --- Idempotency-Key -----------------------------------------------------------------------------

TRAM = {"topic": "tram", "priority": 3}


def test_the_same_call_under_a_key_is_carried_out_once_and_answered_alike(us: Caller) -> None:
    first, second = (us.call("POST", NEEDS, TRAM, idempotency_key="key-1") for _time in range(2))
    assert (first.status_code, second.status_code, first.content) == (201, 201, second.content)
    assert [one.headers.get("Idempotency-Replayed") for one in (first, second)] == [None, "true"]
    assert [second.headers[name] for name in ("ETag", "Location")] == [
        first.headers[name] for name in ("ETag", "Location")
    ]
    assert us.call("POST", NEEDS, TRAM).json()["code"] == "exists"


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_every_change_is_done_once_under_a_key(us: Caller, method: str, path: str, body: object) -> None:
    etag = version(us, path)
    first, second = (
        us.call(method, path, body, idempotency_key="key-1", if_match=etag) for _time in range(2)
    )
    assert first.status_code in (200, 204)
    assert (second.status_code, second.content) == (first.status_code, first.content)
    assert second.headers["Idempotency-Replayed"] == "true"


def test_the_same_answer_under_a_key_is_one_answer() -> None:
    (couple,) = make_couples(1)
    caller = program(couple.us.organization, couple.us.person)
    path = f"/recommendations/{couple.us.recommendation.public_id}/answer/"
    said = {"answer": "interested"}
    answers = [caller.call("POST", path, said, idempotency_key="key-1") for _time in range(10)]
    assert {one.status_code for one in answers} == {200}
    assert len({one.content for one in answers}) == 1
    couple.cn.say(Answer.DECLINED, reason="budget")
    assert caller.call("POST", path, said).status_code == 409
    assert caller.call("POST", path, said, idempotency_key="key-1").content == answers[0].content


def test_no_kept_answer_names_who_took_its_name_back() -> None:
    (couple,) = make_couples(1)
    caller = program(couple.us.organization, couple.us.person)
    other = couple.cn.organization
    path = f"/recommendations/{couple.us.recommendation.public_id}/answer/"

    def told() -> Any:
        return caller.call("POST", path, {"answer": "later", "months": 3}, idempotency_key="key-1")

    first = told()
    assert other.code in first.content.decode()
    assert told().content == first.content
    Organization.objects.filter(pk=other.pk).update(shows_name=False)
    again = told()
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert (again.json()["disclosure"], again.json()["state"]) == ("anonymous", "later")
    assert [
        word for word in (other.code, other.name_en, other.name_zh) if word in again.content.decode()
    ] == []
    assert again.headers["ETag"] != first.headers["ETag"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", NEEDS, {**TRAM, "priority": 2}),
        ("POST", f"{PATH}offers/", {"topic": "tram"}),
        ("PATCH", PATH, TRAM),
        ("DELETE", NEED, None),
    ],
)
def test_the_same_key_with_another_call_is_refused(us: Caller, method: str, path: str, body: object) -> None:
    us.call("POST", NEEDS, TRAM, idempotency_key="key-1")
    response = us.call(method, path, body, idempotency_key="key-1")
    assert (response.status_code, refused(response)) == (
        422,
        {
            "code": "key_reused",
            "message": "This key was used with a different request.",
            "field": "Idempotency-Key",
        },
    )
    assert (Need.objects.count(), Offer.objects.count()) == (2, 1)


def test_the_order_of_fields_makes_no_other_call(us: Caller) -> None:
    us.call("POST", NEEDS, '{"topic": "tram", "priority": 3}', idempotency_key="key-1")
    again = us.call("POST", NEEDS, '{"priority":3,"topic":"tram"}', idempotency_key="key-1")
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")


def test_a_refused_call_leaves_its_key_free(us: Caller) -> None:
    for status, body in ((400, {"topic": "no-such"}), (400, {"topic": "sponge-city"}), (201, TRAM)):
        assert us.call("POST", NEEDS, body, idempotency_key="key-1").status_code == status
    assert ApiCall.objects.count() == 1


@pytest.mark.parametrize("key", ["", "a b", "x" * 201, "é", "a\tb"])
def test_a_key_that_is_none_is_refused(us: Caller, key: str) -> None:
    sent = {**us.headers, "idempotency-key": key}
    response = us.client.post(f"{ROOT}{NEEDS}", TRAM, content_type="application/json", headers=sent)
    assert (response.status_code, refused(response)) == (
        400,
        {
            "code": "invalid_key",
            "message": "A key is 1 to 200 visible ASCII characters, without spaces.",
            "field": "Idempotency-Key",
        },
    )
    assert not Need.objects.filter(topic__slug="tram").exists()


def test_keys_are_a_persons_own(us: Caller, organization: Organization) -> None:
    colleague = program(organization, make_team_member(organization).user)
    us.call("POST", NEEDS, TRAM, idempotency_key="key-1")
    assert colleague.call("POST", NEEDS, TRAM, idempotency_key="key-1").json()["code"] == "exists"


def test_no_answer_is_given_again_to_who_lost_the_right(owner: TeamMember) -> None:
    session = Caller(user=owner.user)
    assert session.call("POST", NEEDS, TRAM, idempotency_key="key-1").status_code == 201
    TeamMember.objects.filter(pk=owner.pk).update(role=TeamRole.VIEWER)
    assert session.call("POST", NEEDS, TRAM, idempotency_key="key-1").status_code == 422
    TeamMember.objects.filter(pk=owner.pk).delete()
    assert session.call("POST", NEEDS, TRAM, idempotency_key="key-1").status_code == 422


def test_a_key_is_free_again_after_a_day_and_the_night_drops_it(us: Caller) -> None:
    us.call("POST", NEEDS, TRAM, idempotency_key="key-1")
    ApiCall.objects.update(at=timezone.now() - timedelta(hours=23))
    assert us.call("POST", NEEDS, TRAM, idempotency_key="key-1").status_code == 201
    assert old_calls_drop() == 0
    ApiCall.objects.update(at=timezone.now() - timedelta(hours=25))
    assert us.call("POST", NEEDS, TRAM, idempotency_key="key-1").json()["code"] == "exists"
    assert (old_calls_drop(), ApiCall.objects.count()) == (1, 0)


def test_the_schema_holds_one_answer_a_key_and_none_of_a_refusal(us: Caller) -> None:
    us.call("POST", NEEDS, TRAM, idempotency_key="key-1")
    row = ApiCall.objects.get()
    with pytest.raises(IntegrityError, match="was_carried_out"), transaction.atomic():
        ApiCall.objects.update(status=400)
    with pytest.raises(IntegrityError, match="key_once"), transaction.atomic():
        ApiCall.objects.create(user=row.user, key="key-1", fingerprint="0" * 64)


def test_what_is_kept_goes_with_its_person_and_names_nobody_who_went(owner: TeamMember) -> None:
    gone = make_team_member(owner.organization, make_user("gone@test.example")).user
    for member, key in ((owner.user, "key-1"), (gone, "key-2")):
        caller = program(owner.organization, member)
        assert (
            caller.call(
                "PATCH", PATH, {"contact_email": "gone@test.example"}, idempotency_key=key
            ).status_code
            == 200
        )
    person_erase(gone, by=gone)
    row = ApiCall.objects.get()
    assert (row.user, "gone@test.example" in row.body) == (owner.user, False)


# --- At once -------------------------------------------------------------------------------------


def at_once(number: int, call: Callable[[], Any]) -> list[Any]:
    """What so many threads are answered that all begin at the same time."""
    gate = Barrier(number)

    def one(_number: int) -> Any:
        try:
            gate.wait()
            return call()
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as threads:
        return list(threads.map(one, range(number)))


@pytest.mark.django_db(transaction=True)
def test_twenty_same_calls_at_once_make_one_object(organization: Organization) -> None:
    caller = program(organization, make_team_member(organization).user)
    answers = at_once(20, lambda: caller.call("POST", NEEDS, TRAM, idempotency_key="key-1"))
    assert [one.status_code for one in answers] == [201] * 20
    assert len({one.content for one in answers}) == 1
    assert sum("Idempotency-Replayed" not in one.headers for one in answers) == 1
    assert Need.objects.filter(topic__slug="tram").count() == 1
    assert organization.events.filter(kind=EventKind.UPDATED).count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_key_each_call_is_a_call(organization: Organization) -> None:
    """Control: what makes them one is the key."""
    caller = program(organization, make_team_member(organization).user)
    answers = at_once(5, lambda: caller.call("POST", NEEDS, TRAM))
    assert sorted(one.status_code for one in answers) == [201, 400, 400, 400, 400]


@pytest.mark.django_db(transaction=True)
def test_of_changes_at_once_of_one_version_one_is_made(organization: Organization) -> None:
    caller = program(organization, make_team_member(organization).user)
    etag = version(caller, PATH)
    regions = iter("ABCDEFGH")
    answers = at_once(8, lambda: caller.call("PATCH", PATH, {"region": f"R{next(regions)}"}, if_match=etag))
    assert sorted(one.status_code for one in answers) == [200, *[412] * 7]


@pytest.mark.django_db(transaction=True)
def test_what_crosses_others_is_tried_again_and_then_given_up() -> None:
    tried = []

    def crosses(times: int) -> str:
        tried.append(1)
        if len(tried) <= times:
            raise OperationalError from LockNotAvailable()
        return "done"

    assert (uncrossed(lambda: crosses(2)), len(tried)) == ("done", 3)
    tried.clear()
    with pytest.raises(CrossedError):
        uncrossed(lambda: crosses(3))
    tried.clear()
    with transaction.atomic(), pytest.raises(OperationalError):
        uncrossed(lambda: crosses(1))
    assert len(tried) == 1


@pytest.mark.django_db(transaction=True)
def test_who_is_kept_waiting_too_long_is_told_so(organization: Organization) -> None:
    caller = program(organization, make_team_member(organization).user)
    with transaction.atomic():
        Organization.objects.select_for_update().get(pk=organization.pk)
        with ThreadPoolExecutor(1) as thread:

            def hurried() -> Any:
                try:
                    with connection.cursor() as cursor:
                        cursor.execute("SET lock_timeout = '20ms'")
                    return caller.call("PATCH", PATH, {"region": "OR"})
                finally:
                    connection.close()

            response = thread.submit(hurried).result()
    body = refused(response)
    assert (response.status_code, body["code"], body["message"]) == (
        409,
        "busy",
        "Others are changing this right now. Try again in a minute.",
    )
