"""What is wrong is refused in one shape and one sentence, and nothing is saved (B12-B23)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from django.utils.translation import override

from alliances.models import Organization
from matchmaking.enums import Answer
from matchmaking.enums import RecommendationState as S
from matchmaking.models import CurationEvent, Recommendation
from matchmaking.services.answers import expire_unanswered, later_until
from matchmaking.wording.problems import TITLES
from tests.factories import make_organization, make_team_member
from tests.matchmaking.api.callers import Caller, program
from tests.matchmaking.introductions.scenes import Couple, make_couples

pytestmark = pytest.mark.django_db

PATH = "/organizations/us-city-one/"


@pytest.fixture
def organization() -> Organization:
    return make_organization("us-city-one", needs={"sponge-city": 3}, offers={"e-bus": 1})


@pytest.fixture
def us(organization: Organization) -> Caller:
    return program(organization, make_team_member(organization).user)


def stands(organization: Organization) -> dict[str, Any]:
    """All that the row, its needs and its offers hold."""
    row = Organization.objects.filter(pk=organization.pk).values().get()
    needs = list(organization.needs.values_list("topic__slug", "priority"))
    return {**row, "needs": needs, "offers": list(organization.offers.values_list("topic__slug", "maturity"))}


def refused(response: Any) -> dict[str, Any]:
    """Code, message, field and other errors of a refusal, what is the same in all checked and taken out."""
    body: dict[str, Any] = response.json()
    assert response.headers["Content-Type"] == "application/problem+json"
    assert body.pop("request_id") == response.headers["X-Request-Id"] != ""
    assert (body.pop("type"), body.pop("status")) == ("about:blank", response.status_code)
    assert body.pop("title") == str(TITLES[response.status_code])
    assert body.pop("detail") == body["message"]
    return body


NO_JSON = ("invalid_json", "Request body is not valid JSON.", None)
NUMBER = "is no number that can be used here: numbers are finite, of at most 30 digits."


@pytest.mark.parametrize(
    ("body", "code", "sentence", "field"),
    [
        pytest.param("[" * 10_000, *NO_JSON, id="nested 10,000 deep"),
        pytest.param('{"needs": ' + "[" * 10_000 + "]" * 10_000 + "}", *NO_JSON, id="nested and closed"),
        pytest.param("{", *NO_JSON, id="cut off"),
        pytest.param(b"\xff\xfe{}", *NO_JSON, id="not UTF-8"),
        pytest.param('{"region": "\\ud800"}', *NO_JSON, id="half a character"),
        pytest.param('{"latitude": NaN}', "invalid_number", f"NaN {NUMBER}", None, id="NaN"),
        pytest.param('{"latitude": -Infinity}', "invalid_number", f"-Infinity {NUMBER}", None, id="Infinity"),
        pytest.param('{"latitude": 1e400}', "invalid_number", f"1e400 {NUMBER}", None, id="1e400"),
        pytest.param(
            '{"population": ' + "9" * 5_000 + "}",
            "invalid_number",
            f"{'9' * 59}… {NUMBER}",
            None,
            id="5,000 digits",
        ),
        pytest.param(
            '{"contact_email": "a@x.org", "contact_email": "b@x.org"}',
            "duplicate_field",
            "Duplicate field 'contact_email'.",
            "contact_email",
            id="duplicate",
        ),
        pytest.param(
            {"is_staff": True}, "unknown_field", "Unknown field 'is_staff'.", "is_staff", id="unknown"
        ),
        pytest.param(
            {"needs": [{"topic": "sponge-city", "weight": 1}]},
            "unknown_field",
            "Unknown field 'weight'.",
            "needs.0.weight",
            id="unknown inside",
        ),
        pytest.param(
            {"state": "approved"}, "read_only_field", "state cannot be changed here.", "state", id="read-only"
        ),
        pytest.param(
            {"summary_en": "x" * 250_000},
            "max_length",
            "The text is too long (250,000 characters; limit 2,000).",
            "summary_en",
            id="much text",
        ),
        pytest.param(
            {"region": "a\u0000b"},
            "control_character",
            "Text contains a character that is not allowed (U+0000).",
            "region",
            id="NUL",
        ),
        pytest.param(
            {"name_en": "Call http://evil.example"},
            "link",
            "Names cannot contain links or email addresses.",
            "name_en",
            id="link in a name",
        ),
        pytest.param(
            {"website": "javascript:alert(1)"},
            "invalid",
            "Website must start with http:// or https://.",
            "website",
            id="scheme",
        ),
        pytest.param(
            {"contact_email": "a@x.org, b@x.org"},
            "not_one",
            "Enter one email address.",
            "contact_email",
            id="two addresses",
        ),
        pytest.param(
            {"region": 7}, "invalid", "This must be a text in quotation marks.", "region", id="number as text"
        ),
        pytest.param(
            {"capacity": "3"}, "invalid", "A valid integer is required.", "capacity", id="text as number"
        ),
        pytest.param(
            {"capacity": True}, "invalid", "A valid integer is required.", "capacity", id="true as number"
        ),
        pytest.param(
            {"latitude": "nan", "longitude": 1},
            "invalid",
            "A valid number is required.",
            "latitude",
            id="nan in text",
        ),
        pytest.param(
            {"latitude": 91, "longitude": 1},
            "max_value",
            "Ensure this value is less than or equal to 90.",
            "latitude",
            id="off the earth",
        ),
        pytest.param(
            {"latitude": 1.5},
            "invalid",
            "Give both latitude and longitude, or neither.",
            "longitude",
            id="half a place",
        ),
        pytest.param(
            {"needs": [{"topic": "no-such"}]},
            "invalid",
            "Topic 'no-such' is not known. Use the topic list's slugs.",
            "needs.0.topic",
            id="topic",
        ),
        pytest.param(
            {"needs": [{"topic": "e-bus"}, {"topic": "e-bus"}]},
            "invalid",
            "Topic 'e-bus' stands there twice.",
            "needs.1.topic",
            id="topic twice",
        ),
        pytest.param(
            {"needs": [{}] * 50_000},
            "max_length",
            "Ensure this field has no more than 200 elements.",
            "needs",
            id="many needs",
        ),
        pytest.param(
            {"aliases": [7] * 50_000},
            "max_length",
            "The list is too long (50,000 items; limit 20).",
            "aliases",
            id="many aliases",
        ),
        pytest.param(
            {"languages": {"en": 1}},
            "not_a_list",
            'Expected a list of items but got type "dict".',
            "languages",
            id="an object for a list",
        ),
        pytest.param(
            {"needs": [{"priority": 2}]},
            "required",
            "This field is required.",
            "needs.0.topic",
            id="no topic",
        ),
        pytest.param(
            {"languages": ["en", "fr"]},
            "invalid_choice",
            '"fr" is not a valid choice.',
            "languages",
            id="not in the vocabulary",
        ),
        pytest.param(
            [1], "invalid", "Invalid data. Expected a dictionary, but got list.", None, id="no object"
        ),
    ],
)
def test_bad_body(
    us: Caller, organization: Organization, body: object, code: str, sentence: str, field: str | None
) -> None:
    before = stands(organization)
    response = us.call("PATCH", PATH, body)
    assert response.status_code == 400
    assert refused(response) == {"code": code, "message": sentence, "field": field}
    assert stands(organization) == before


def test_several_faults_are_all_told(us: Caller) -> None:
    body = refused(us.call("PATCH", PATH, {"is_staff": True, "state": "approved"}))
    faults = [
        {"code": "unknown_field", "message": "Unknown field 'is_staff'.", "field": "is_staff"},
        {"code": "read_only_field", "message": "state cannot be changed here.", "field": "state"},
    ]
    assert body == {**faults[0], "errors": faults}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "More than 100 things are wrong. Put these right first."),
        ("zh-hans", "错误超过 100 处。请先改正以上各处。"),
    ],
)
def test_of_very_many_faults_a_hundred_are_told(
    organization: Organization, language: str, sentence: str
) -> None:
    us = program(organization, make_team_member(organization).user, language=language)
    unknown = {f"f{number:05}": 1 for number in range(15_000)}
    body = refused_in(us.call("PATCH", PATH, unknown), language)
    assert [one["field"] for one in body["errors"][:100]] == [f"f{number:05}" for number in range(100)]
    assert body["errors"][100:] == [{"code": "more_faults", "message": sentence, "field": None}]
    needs = refused_in(us.call("PATCH", PATH, {"needs": [{"topic": 7}] * 150}), language)
    assert ([one["code"] for one in needs["errors"][99:]], needs["errors"][99]["field"]) == (
        ["invalid", "more_faults"],
        "needs.99.topic",
    )
    hundred = us.call("PATCH", PATH, {"needs": [{"topic": 7}] * 100}).json()["errors"]
    assert {one["code"] for one in hundred} == {"invalid"}


def test_a_list_of_a_webhook_is_counted_first(us: Caller, organization: Organization) -> None:
    stated = {"organization": organization.code, "url": "https://x.example", "events": [7] * 50_000}
    told = {
        "code": "max_length",
        "message": "The list is too long (50,000 items; limit 20).",
        "field": "events",
    }
    response = us.call("POST", "/webhooks/", stated)
    assert (response.status_code, refused(response)) == (400, told)


def refused_in(response: Any, language: str) -> Any:
    with override(language):
        return refused(response)


def test_refusals_come_in_the_language_asked_for(organization: Organization) -> None:
    caller = program(organization, make_team_member(organization).user, language="zh-CN,zh;q=0.9")
    status, body = caller.patch(PATH, {"capacity": "3"})
    assert (status, body["message"]) == (400, "请填写合法的整数值。")


def test_other_content_types_are_refused(us: Caller) -> None:
    form = "application/x-www-form-urlencoded"
    sent = {**us.headers, "if-match": "*"}
    response = us.client.patch(f"/api/v1{PATH}", "region=OR", content_type=form, headers=sent)
    assert response.status_code == 415
    assert refused(response) == {
        "code": "unsupported_media_type",
        "message": "Send application/json.",
        "field": None,
    }


def test_too_large_a_body_is_refused(us: Caller, organization: Organization) -> None:
    body = {"summary_en": "x" * settings.API_MAX_BYTES}
    response = us.call("PATCH", PATH, body)
    assert (response.status_code, refused(response)) == (
        413,
        {"code": "too_large", "message": "Upload is too large (limit 0.25 MB).", "field": None},
    )
    body["summary_en"] = body["summary_en"][: -len('{"summary_en": ""}')]
    assert us.call("PATCH", PATH, body).status_code == 400


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("page=-1", "page"),
        ("page=1000000000", "page"),
        ("page=x", "page"),
        ("page=" + "9" * 5_000, "page"),
        ("page_size=0", "page_size"),
        ("page_size=many", "page_size"),
        ("ordering=password", "ordering"),
        ("seeker__team_members__user__email=a", "seeker__team_members__user__email"),
        ("state=held", "state"),
        ("kind=planet", "kind"),
        ("organization=%00", "organization"),
    ],
)
def test_bad_parameter_is_named(us: Caller, query: str, field: str) -> None:
    response = us.call("GET", f"/recommendations/?{query}")
    assert (response.status_code, refused(response)["field"]) == (400, field)


def test_a_parameter_that_is_sent_twice_is_refused(us: Caller) -> None:
    response = us.call("GET", "/organizations/?page=1&page=2")
    told = {"code": "duplicate_parameter", "message": "Send parameter 'page' once.", "field": "page"}
    assert (response.status_code, refused(response)) == (400, told)


def test_addresses_of_one_object_take_no_parameter(us: Caller) -> None:
    status, body = us.get(f"{PATH}?page=1")
    assert (status, body["message"]) == (400, "Unknown parameter 'page'.")


def test_methods_and_tokens_that_are_not_taken(us: Caller) -> None:
    response = us.call("DELETE", PATH)
    assert (response.status_code, refused(response)["code"]) == (405, "method_not_allowed")
    for words in ("x", "mm_0123456789ab_" + "A" * 43, "mm_0123456789ab_" + "é" * 43):
        response = Caller(token=words.encode().decode("latin-1")).call("GET", PATH)
        assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert refused(response)["code"] == "invalid_token"
    response = Caller().call("GET", PATH)
    assert (response.status_code, refused(response)["code"]) == (401, "not_authenticated")


def test_unknown_addresses_answer_in_the_same_shape(us: Caller) -> None:
    answers = [us.call("GET", path) for path in ("/nothing/", "/recommendations/nothing/", PATH + "more/")]
    assert {one.status_code for one in answers} == {404}
    assert len({one.content for one in answers}) == 1
    body = answers[0].json()
    assert {**us.get("/organizations/no-such/")[1], "detail": "", "message": ""} == {
        **body,
        "detail": "",
        "message": "",
    }


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code", "titles"),
    [
        ("POST", "/schema/", {}, 405, "method_not_allowed", ("Method not allowed", "不支持的方法")),
        ("POST", "/docs/", {}, 405, "method_not_allowed", ("Method not allowed", "不支持的方法")),
        ("PUT", "/topics/", {}, 405, "method_not_allowed", ("Method not allowed", "不支持的方法")),
        (
            "GET",
            "/topics/",
            {"accept": "text/html"},
            406,
            "not_acceptable",
            ("Not acceptable", "无法按要求的格式回应"),
        ),
        ("GET", "/topics/", {"authorization": "Bearer x"}, 401, "invalid_token", ("Not signed in", "未登录")),
    ],
)
def test_every_refusal_has_the_shape_and_the_readers_language(
    us: Caller,
    language: str,
    method: str,
    path: str,
    headers: dict[str, str],
    status: int,
    code: str,
    titles: tuple[str, str],
) -> None:
    us.headers |= {"accept-language": language, **headers}
    response = us.call(method, path)
    assert response.json()["title"] == titles[language != "en"]
    assert response.headers["Content-Language"] == language
    with override(language):
        assert (response.status_code, refused(response)["code"]) == (status, code)
    assert status != 405 or "GET" in response.headers["Allow"]


def test_every_status_has_a_title_in_both_languages() -> None:
    english = [str(title) for title in TITLES.values()]
    with override("zh-hans"):
        chinese = [str(title) for title in TITLES.values()]
    assert [one for one, other in zip(english, chinese, strict=True) if one == other] == []


# --- Answers -------------------------------------------------------------------------------------


@pytest.fixture
def couple() -> Couple:
    (only,) = make_couples(1)
    return only


def answer_path(couple: Couple) -> str:
    return f"/recommendations/{couple.us.recommendation.public_id}/answer/"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "answer"),
        ({"answer": "maybe"}, "answer"),
        ({"answer": "declined"}, "reason"),
        ({"answer": "declined", "reason": "mood"}, "reason"),
        ({"answer": "declined", "reason": "budget", "note": "x" * 501}, "note"),
        ({"answer": "declined", "reason": "budget", "note": "\u202e"}, "note"),
        ({"answer": "later"}, "until"),
        ({"answer": "later", "months": 4}, "months"),
        ({"answer": "later", "months": 3, "until": "2099-01-01"}, "until"),
        ({"answer": "later", "until": "2020-01-01"}, "until"),
        ({"answer": "later", "until": "9999-12-31"}, "until"),
        ({"answer": "later", "until": "soon"}, "until"),
        ({"answer": "interested", "cross_border": "true"}, "cross_border"),
        ({"answer": "interested", "by": "somebody"}, "by"),
    ],
)
def test_bad_answer(couple: Couple, body: object, field: str) -> None:
    caller = program(couple.us.organization, couple.us.person)
    response = caller.call("POST", answer_path(couple), body)
    assert (response.status_code, refused(response)["field"]) == (400, field)
    assert Recommendation.objects.get(pk=couple.us.recommendation.pk).state == S.RELEASED


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "{} goes with the answer {} alone. Leave it out."),
        ("zh-hans", "{} 只能与答复 {} 一起发送。请去掉。"),
    ],
)
def test_nothing_that_is_sent_with_an_answer_is_dropped(couple: Couple, language: str, sentence: str) -> None:
    astray: dict[str, tuple[dict[str, object], str]] = {
        "reason": ({"answer": "interested", "reason": "budget"}, "declined"),
        "note": ({"answer": "later", "months": 3, "note": "We wait."}, "declined"),
        "months": ({"answer": "declined", "reason": "budget", "months": 3}, "later"),
        "until": ({"answer": "interested", "until": str(later_until(3))}, "later"),
        "cross_border": ({"answer": "later", "months": 3, "cross_border": True}, "interested"),
    }
    caller = program(couple.us.organization, couple.us.person, language=language)
    for field, (body, answer) in astray.items():
        response = caller.call("POST", answer_path(couple), body)
        told = response.json()
        assert (response.status_code, told["field"], told["message"]) == (
            400,
            field,
            sentence.format(field, answer),
        )
    assert Recommendation.objects.get(pk=couple.us.recommendation.pk).state == S.RELEASED
    # What says nothing goes with any answer.
    empty = {"answer": "interested", "note": "", "cross_border": False}
    assert caller.post(answer_path(couple), empty)[0] == 200


def test_chinese_side_is_asked_for_its_consent(couple: Couple) -> None:
    couple.cn.person.consents.all().delete()
    caller = program(couple.cn.organization, couple.cn.person)
    path = f"/recommendations/{couple.cn.recommendation.public_id}/answer/"
    response = caller.call("POST", path, {"answer": "interested"})
    assert (response.status_code, refused(response)["field"]) == (400, "cross_border")
    status, body = caller.post(path, {"answer": "interested", "cross_border": True})
    assert (status, body["state"]) == (200, "interested")


def test_same_answer_ten_times_is_one_answer_with_one_body(couple: Couple) -> None:
    caller = program(couple.us.organization, couple.us.person)
    answers = [caller.call("POST", answer_path(couple), {"answer": "interested"}) for _time in range(10)]
    assert {one.status_code for one in answers} == {200}
    assert len({one.content for one in answers}) == 1
    assert CurationEvent.objects.filter(kind="answered").count() == 1


def test_both_sides_interested_are_introduced(couple: Couple) -> None:
    couple.cn.say(Answer.INTERESTED)
    caller = program(couple.us.organization, couple.us.person)
    path = f"/recommendations/{couple.us.recommendation.public_id}/"
    assert caller.get(path)[1]["they_are_interested"] is True
    status, body = caller.post(path + "answer/", {"answer": "interested"})
    assert status == 200
    assert caller.get(f"/introductions/{body['introduction']}/")[0] == 200


def test_later_and_no_are_kept_as_said(couple: Couple) -> None:
    caller = program(couple.us.organization, couple.us.person)
    until = str(later_until(6))
    _status, body = caller.post(answer_path(couple), {"answer": "later", "until": until})
    assert (body["state"], body["answer"]["until"]) == ("later", until)
    _status, body = caller.post(
        answer_path(couple), {"answer": "declined", "reason": "budget", "note": "Next year, perhaps."}
    )
    said = {name: body["answer"][name] for name in ("answer", "reason", "note", "until")}
    assert said == {"answer": "declined", "reason": "budget", "note": "Next year, perhaps.", "until": None}


def test_what_is_closed_takes_no_answer(couple: Couple) -> None:
    couple.us.say(Answer.DECLINED, reason="budget")
    caller = program(couple.us.organization, couple.us.person)
    response = caller.call("POST", answer_path(couple), {"answer": "interested"})
    body = refused(response)
    assert (response.status_code, body["code"], body["field"]) == (409, "not_open", None)
    assert body["message"].startswith("This recommendation is no longer open (declined on ")


def withdrawn(couple: Couple) -> None:
    couple.cn.say(Answer.DECLINED, reason="budget")


def expired(couple: Couple) -> None:
    old = timezone.now() - timedelta(days=61)
    Recommendation.objects.filter(pair=couple.pair).update(released_at=old)
    assert expire_unanswered() == 2


@pytest.mark.parametrize(
    ("close", "english", "chinese"),
    [
        (withdrawn, "withdrawn on {}", "{}已撤回"),
        (expired, "expired on {}", "{}已过期"),
    ],
)
def test_what_was_withdrawn_or_has_expired_takes_no_answer(
    couple: Couple, close: Callable[[Couple], None], english: str, chinese: str
) -> None:
    close(couple)
    today = timezone.now().date()
    sentences = {
        "en": f"This recommendation is no longer open ({english.format(f'{today:%-d %B %Y}')}).",
        "zh-hans": f"此推荐已不再开放（{chinese.format(f'{today.year}年{today.month}月{today.day}日')}）。",
    }
    for language, sentence in sentences.items():
        caller = program(couple.us.organization, couple.us.person, language=language)
        response = caller.call("POST", answer_path(couple), {"answer": "interested"})
        body = response.json()
        assert (response.status_code, body["code"], body["field"]) == (409, "not_open", None)
        assert body["message"] == sentence
    assert not couple.pair.responses.filter(organization=couple.us.organization).exists()


def test_the_other_side_of_a_pair_cannot_answer_for_this_one(couple: Couple) -> None:
    them = program(couple.cn.organization, couple.cn.person)
    response = them.call("POST", answer_path(couple), {"answer": "interested"})
    assert (response.status_code, response.json()["code"]) == (404, "not_found")
    assert not couple.pair.responses.exists()


# --- Changes of the profile ----------------------------------------------------------------------


def test_change_is_saved_whole_with_its_audit_row(us: Caller, organization: Organization) -> None:
    stated = {
        "summary_zh": "海绵城市",
        "population": 650_000,
        "population_basis": "city_proper",
        "latitude": 45.5,
        "longitude": -122.7,
        "languages": ["zh", "en"],
        "website": "https://springfield.example",
        "contact_email": "Office@Test.example",
        "needs": [{"topic": "e-bus"}],
        "offers": [],
    }
    status, body = us.patch(PATH, stated)
    assert status == 200
    assert {name: body[name] for name in stated} == {
        **stated,
        "languages": ["en", "zh"],
        "contact_email": "office@test.example",
        "needs": [{"topic": "e-bus", "priority": 2}],
    }
    event = organization.events.latest("id")
    assert (event.kind, event.data["fields"]) == ("updated", sorted(stated))


def test_what_is_not_sent_stays(us: Caller, organization: Organization) -> None:
    before = stands(organization)
    assert us.patch(PATH, {})[0] == 200
    assert stands(organization) == before
