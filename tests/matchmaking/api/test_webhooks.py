"""Webhooks over the API: the portal's rules, versions and keys; a secret that no kept answer holds."""

from __future__ import annotations

import re
import socket
import uuid
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alliances.models import TeamMember
from matchmaking.enums import WebhookEvent
from matchmaking.models import ApiCall, Webhook, WebhookDelivery
from matchmaking.services import outbound
from matchmaking.services.webhook_delivery import deliver_for
from matchmaking.services.webhooks import secret_of, webhook_stop
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.api.callers import Caller, program
from tests.matchmaking.webhooks.conftest import owner, sink
from tests.matchmaking.webhooks.scenes import ALL, add, editor_of, listen, make_delivery
from tests.matchmaking.webhooks.sink import Sink

pytestmark = pytest.mark.django_db
__all__ = ["owner", "sink"]

PATH = "/webhooks/"


@pytest.fixture
def crm(owner: TeamMember) -> Caller:
    return program(owner.organization, owner.user)


def stated(owner: TeamMember, sink: Sink, **changed: Any) -> dict[str, Any]:
    body = {
        "organization": owner.organization.code,
        "url": f"{sink.origin}/hooks",
        "events": ["recommendation.released", "introduction.made"],
    }
    return {**body, **changed}


def test_a_webhook_is_added_read_changed_and_deleted(owner: TeamMember, sink: Sink, crm: Caller) -> None:
    made = crm.call("POST", PATH, stated(owner, sink))
    webhook = Webhook.objects.get()
    path = f"{PATH}{webhook.public_id}/"
    body = {
        "id": str(webhook.public_id),
        **stated(owner, sink),
        "enabled": True,
        "disabled_for": "",
        "disabled_at": None,
        "created_at": webhook.created_at.isoformat().replace("+00:00", "Z"),
    }
    assert (made.status_code, made.json()) == (201, {**body, "secret": secret_of(webhook.salt)})
    assert made["Location"] == f"/api/v1{path}"
    assert made["Cache-Control"] == "no-store"
    read = crm.call("GET", path)
    assert (read.status_code, read.json(), read["ETag"]) == (200, body, made["ETag"])
    assert crm.get(PATH) == (200, {"count": 1, "next": None, "previous": None, "results": [body]})
    changed = crm.call(
        "PATCH", path, {"events": ["interest.received"], "enabled": False}, if_match=read["ETag"]
    )
    assert changed.status_code == 200
    assert (changed.json()["events"], changed.json()["enabled"]) == (["interest.received"], False)
    assert changed.json()["disabled_for"] == "owner"
    assert crm.call("PATCH", path, {"enabled": True}, if_match=read["ETag"]).status_code == 412
    assert crm.call("PATCH", path, {"enabled": True}, if_match="").status_code == 428
    assert crm.patch(path, {"enabled": True})[1]["enabled"] is True
    assert crm.call("DELETE", path).status_code == 204
    assert Webhook.objects.count() == 0


def test_under_a_key_it_is_added_once_and_no_kept_answer_holds_the_secret(
    owner: TeamMember, sink: Sink, crm: Caller
) -> None:
    first, second = (crm.call("POST", PATH, stated(owner, sink), idempotency_key="a") for _time in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert (first.status_code, second["Idempotency-Replayed"], Webhook.objects.count()) == (201, "true", 1)
    secret = first.json()["secret"]
    path = f"{PATH}{first.json()['id']}/secret/"
    new, again = (crm.call("POST", path, idempotency_key="b") for _time in range(2))
    assert (new.status_code, new.json()) == (200, again.json())
    assert new.json()["secret"] == secret_of(Webhook.objects.get().salt) != secret
    kept = " ".join(ApiCall.objects.values_list("body", flat=True))
    assert (len(ApiCall.objects.all()), "whsec_" in kept) == (2, False)
    # Deleted since: what was answered is answered, without a secret that there is no more.
    Webhook.objects.all().delete()
    late = crm.call("POST", PATH, stated(owner, sink), idempotency_key="a")
    assert (late.status_code, "secret" in late.json()) == (201, False)


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"url": "https://127.0.0.1/"}, "url", "This address is not reachable from our service."),
        ({"url": 5}, "url", "This must be a text in quotation marks."),
        ({"url": "https://a.example/" + "a" * 500}, "url", "The text is too long"),
        ({"events": []}, "events", "Choose at least one of these events"),
        ({"events": ["x"]}, "events.0", "is not a valid choice"),
        ({"events": "introduction.made"}, "events", "Expected a list"),
        ({"events": [None]}, "events.0", "This field may not be null."),
        ({"secret": "mine"}, "secret", "Unknown field 'secret'."),
        ({"enabled": True}, "enabled", "Unknown field 'enabled'."),
        ({"organization": 5}, "organization", "This must be a text in quotation marks."),
    ],
)
def test_wrong_fields_are_named_and_nothing_is_added(
    owner: TeamMember, sink: Sink, crm: Caller, wrong: dict[str, Any], field: str, words: str
) -> None:
    status, problem = crm.post(PATH, stated(owner, sink, **wrong))
    assert (status, problem["field"], words in problem["message"]) == (400, field, True)
    assert Webhook.objects.count() == 0


def test_refusals_are_in_chinese_too(owner: TeamMember, sink: Sink) -> None:
    chinese = program(owner.organization, owner.user, language="zh-hans")
    _status, problem = chinese.post(PATH, stated(owner, sink, url="https://127.0.0.1/"))
    assert problem["message"].startswith("从我们的服务无法访问此地址。")


def test_what_cannot_be_changed_is_refused(owner: TeamMember, sink: Sink, crm: Caller) -> None:
    webhook = add(owner, sink).webhook
    path = f"{PATH}{webhook.public_id}/"
    for field, value in (("id", str(uuid.uuid4())), ("organization", "x"), ("disabled_for", "owner")):
        status, problem = crm.patch(path, {field: value})
        assert (status, problem["message"]) == (400, f"{field} cannot be changed here.")
    for rest in ("secret/", f"deliveries/{make_delivery(webhook, state='failed').event_id}/replay/"):
        status, problem = crm.post(path + rest, {"force": True})
        assert (status, problem["message"]) == (400, "Unknown field 'force'.")
    assert WebhookDelivery.objects.get().state == "failed"


def test_a_webhook_in_a_foreign_organization_is_no_webhook(
    owner: TeamMember, sink: Sink, crm: Caller
) -> None:
    other = make_organization()
    foreign = crm.call("POST", PATH, stated(owner, sink, organization=other.code))
    missing = crm.call("POST", PATH, stated(owner, sink, organization="no-such-code"))
    assert (foreign.status_code, foreign.content) == (404, missing.content)
    editor = program(owner.organization, editor_of(owner.organization))
    assert editor.post(PATH, stated(owner, sink))[0] == 403
    assert Webhook.objects.count() == 0


def test_a_token_acts_for_its_organization_alone(owner: TeamMember, sink: Sink, crm: Caller) -> None:
    own = add(owner, sink).webhook
    second = make_team_member(make_organization(), owner.user)
    theirs = listen(second.organization)
    assert [one["id"] for one in crm.get(PATH)[1]["results"]] == [str(own.public_id)]
    assert crm.get(f"{PATH}{theirs.public_id}/")[0] == 404
    session = Caller(user=owner.user)
    assert session.get(PATH)[1]["count"] == 2
    assert session.get(f"{PATH}?organization={second.organization.code}")[1]["count"] == 1


def test_lists_are_filtered_and_ordered(owner: TeamMember, sink: Sink, crm: Caller) -> None:
    first, second = add(owner, sink).webhook, add(owner, sink, path="/second").webhook
    crm.patch(f"{PATH}{first.public_id}/", {"enabled": False})

    def ids(path: str) -> list[str]:
        return [one["id"] for one in crm.get(path)[1]["results"]]

    one, other = str(first.public_id), str(second.public_id)
    assert ids(PATH) == [other, one]
    assert ids(f"{PATH}?ordering=created_at") == [one, other]
    assert (ids(f"{PATH}?enabled=true"), ids(f"{PATH}?enabled=false")) == ([other], [one])
    assert crm.get(f"{PATH}?secret=1")[0] == 400
    deliveries = f"{PATH}{second.public_id}/deliveries/"
    told = (WebhookEvent.INTRODUCTION_MADE, WebhookEvent.ORGANIZATION_REVIEWED)
    events = [str(make_delivery(second, event=event).event_id) for event in told]
    WebhookDelivery.objects.filter(event_id=events[0]).update(state="failed")
    assert ids(deliveries) == events[::-1]
    assert ids(f"{deliveries}?state=failed") == events[:1]
    assert ids(f"{deliveries}?event=organization.reviewed") == events[1:]
    assert crm.get(f"{deliveries}?state=lost")[0] == 400


def test_a_delivery_is_read_and_sent_again(owner: TeamMember, sink: Sink, crm: Caller) -> None:
    webhook = add(owner, sink).webhook
    delivery = make_delivery(webhook)
    sink.answer = lambda _call: 410
    deliver_for(5)
    path = f"{PATH}{webhook.public_id}/deliveries/{delivery.event_id}/"
    status, body = crm.get(path)
    assert (status, body) == (
        200,
        {
            "id": str(delivery.event_id),
            "event": "introduction.made",
            "state": "failed",
            "tries": 1,
            "status": 410,
            "error": "",
            "created_at": delivery.created_at.isoformat().replace("+00:00", "Z"),
            "delivered_at": None,
            "next_try_at": None,
        },
    )
    status, problem = crm.post(f"{path}replay/", None)
    assert (status, problem["message"]) == (400, "The webhook is disabled. Enable it first.")
    crm.patch(f"{PATH}{webhook.public_id}/", {"enabled": True})
    status, again = crm.post(f"{path}replay/", None)
    assert (status, again["state"], again["tries"]) == (200, "queued", 0)
    sink.answer = lambda _call: 200
    assert deliver_for(5) == {"delivered": 1}
    assert crm.get(path)[1]["state"] == "delivered"


def test_a_second_secret_in_a_day_is_given_where_the_earlier_one_may_end(
    owner: TeamMember, sink: Sink, crm: Caller
) -> None:
    webhook = add(owner, sink).webhook
    path = f"{PATH}{webhook.public_id}/secret/"
    assert crm.post(path, {"end_earlier": False})[0] == 200
    for body in (None, {}, {"end_earlier": False}):
        status, problem = crm.post(path, body)
        assert (status, problem["field"]) == (400, "end_earlier")
        assert problem["message"].startswith("The secret was replaced less than a day ago")
    assert crm.post(path, {"end_earlier": "yes"})[0] == 400
    status, answer = crm.post(path, {"end_earlier": True})
    assert (status, answer["secret"]) == (200, secret_of(Webhook.objects.get().salt))


def test_what_staff_disabled_stays_so(owner: TeamMember, sink: Sink, crm: Caller) -> None:
    webhook = add(owner, sink).webhook
    webhook_stop(webhook, by=make_user(is_staff=True))
    path = f"{PATH}{webhook.public_id}/"
    calls = [
        crm.call("PATCH", path, {"enabled": True}),
        crm.call("POST", f"{path}secret/"),
        crm.call("DELETE", path),
    ]
    assert [one.status_code for one in calls] == [400] * 3
    for one in calls:
        assert (one.json()["code"], "Our staff have disabled" in one.json()["message"]) == ("stopped", True)
    assert crm.get(path)[1]["disabled_for"] == "staff"


def test_while_others_addresses_are_looked_up_it_is_told_when_to_come_back(
    owner: TeamMember, sink: Sink, crm: Caller
) -> None:
    path = f"{PATH}{add(owner, sink).webhook.public_id}/"
    change = {"url": f"{sink.origin}/new"}
    with ExitStack() as taken:
        for _place in range(2):
            outbound.LOOKUPS.acquire()
            taken.callback(outbound.LOOKUPS.release)
        for method, at, body in (("POST", PATH, stated(owner, sink, **change)), ("PATCH", path, change)):
            answer = crm.call(method, at, body, idempotency_key=method)
            assert (answer.status_code, answer.headers["Retry-After"]) == (429, "3")
            assert answer.json()["message"] == "Too many requests. Try again in 3 seconds."
    assert crm.call("PATCH", path, change, idempotency_key="PATCH").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_nothing_is_locked_while_a_name_is_looked_up(
    owner: TeamMember, sink: Sink, crm: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = add(owner, sink).webhook
    real, locked = socket.getaddrinfo, []

    def look_up(*arguments: Any, **options: Any) -> Any:
        other = connection.copy()
        try:
            with other.cursor() as cursor:
                cursor.execute("SELECT 1 FROM matchmaking_webhook FOR UPDATE SKIP LOCKED")
                locked.append(cursor.fetchone() is None)
        finally:
            other.close()
        return real(*arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    assert crm.patch(f"{PATH}{webhook.public_id}/", {"url": f"{sink.origin}/new"})[0] == 200
    assert locked == [False]
    # The address that stands is not looked up at all.
    assert (
        crm.patch(
            f"{PATH}{webhook.public_id}/", {"url": f" {sink.origin}/new", "events": ["interest.received"]}
        )[0]
        == 200
    )
    assert locked == [False]


def test_what_is_said_of_calls_is_said_in_chinese_too() -> None:
    schema = Client().get("/api/v1/schema/", headers={"accept-language": "zh-hans"}).json()
    call = schema["x-webhooks"]["introduction.made"]["post"]
    body = schema["components"]["schemas"]["WebhookCall"]
    words = [
        *(one["description"] for one in call["parameters"]),
        *(one["description"] for one in call["responses"].values()),
        *(
            one["description"]
            for one in (body, body["properties"]["organization"], body["properties"]["data"])
        ),
        body["properties"]["data"]["properties"]["state"]["description"],
    ]
    assert len(words) == 9
    assert [one for one in words if not re.search("[一-鿿]", one)] == []


def test_lists_cost_the_same_for_one_and_many(owner: TeamMember, crm: Caller) -> None:
    webhook = listen(owner.organization, *ALL)
    make_delivery(webhook)

    def costs() -> list[int]:
        found = []
        for path in (PATH, f"{PATH}{webhook.public_id}/deliveries/"):
            crm.get(path)
            with CaptureQueriesContext(connection) as queries:
                crm.get(path)
            found.append(len(queries))
        return found

    one = costs()
    for _number in range(40):
        listen(owner.organization)
        make_delivery(webhook)
    assert (costs(), one) == ([10, 11], [10, 11])
