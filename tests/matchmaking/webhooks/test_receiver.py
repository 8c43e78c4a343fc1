"""The test receiver: the command's own server takes what the service sends, and nothing else."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from alliances.models import TeamMember
from matchmaking.api.webhook_docs import _code
from matchmaking.enums import Answer
from matchmaking.management.commands.webhook_receiver import Receiver
from matchmaking.models import Webhook, WebhookDelivery
from matchmaking.services.outbound import post
from matchmaking.services.webhook_delivery import deliver_for
from matchmaking.services.webhooks import delivery_replay, webhook_add, webhook_rotate
from tests.factories import make_team_member
from tests.matchmaking.introductions.scenes import make_couples
from tests.matchmaking.webhooks.scenes import ALL, make_delivery
from tests.matchmaking.webhooks.sink import serving

pytestmark = pytest.mark.django_db


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def receiver(settings: Settings, said: list[str]) -> Iterator[Receiver]:
    server = Receiver(0, "not known yet", said.append)
    settings.WEBHOOK_TEST_RECEIVERS = [f"http://localhost:{server.server_port}"]
    with serving(server):
        yield server


def add(owner: TeamMember, receiver: Receiver) -> None:
    url = f"http://localhost:{receiver.server_port}/"
    receiver.secret = webhook_add(owner.organization, url=url, events=ALL, by=owner.user).secret


def test_an_event_on_its_whole_way(receiver: Receiver, said: list[str]) -> None:
    (couple,) = make_couples(1)
    owner = make_team_member(couple.cn.organization)
    add(owner, receiver)
    couple.us.say(Answer.INTERESTED)
    assert deliver_for(10) == {"delivered": 1}
    number = couple.cn.recommendation.public_id
    line = (
        f"interest.received {couple.cn.organization.code} "
        f'{{"recommendation": "{number}", "path": "/api/v1/recommendations/{number}/"}}'
    )
    assert said == [line]
    delivery_replay(WebhookDelivery.objects.get(), by=owner.user)
    assert deliver_for(10) == {"delivered": 1}
    assert said[1:] == [line.replace("received", "received (again)", 1)]


def test_what_another_secret_signed_is_refused(
    owner: TeamMember, receiver: Receiver, said: list[str]
) -> None:
    add(owner, receiver)
    make_delivery(Webhook.objects.get())
    receiver.secret = "whsec_another"
    assert deliver_for(10) == {"queued": 1}
    assert (WebhookDelivery.objects.get().status, said) == (401, ["refused: the signature does not fit"])


def test_while_a_secret_is_replaced_the_old_one_still_fits(
    owner: TeamMember, receiver: Receiver, said: list[str]
) -> None:
    add(owner, receiver)
    webhook_rotate(Webhook.objects.get(), by=owner.user)
    body = '{"id": "1", "event": "introduction.made", "organization": "a", "data": {}}'
    make_delivery(Webhook.objects.get(), body=body)
    assert deliver_for(10) == {"delivered": 1}
    assert said == ["introduction.made a {}"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Webhook-Timestamp": "x", "Webhook-Signature": "v1=1"},
        {"Webhook-Timestamp": "1"},
        {"Webhook-Signature": "v1=1"},
    ],
)
def test_a_call_of_anybody_is_refused(receiver: Receiver, said: list[str], headers: dict[str, str]) -> None:
    assert post(f"http://localhost:{receiver.server_port}/", b"{}", headers) == 401
    assert said == ["refused: the signature does not fit"]


def test_something_that_is_no_call_at_all_ends_nothing(receiver: Receiver, said: list[str]) -> None:
    with socket.create_connection(("127.0.0.1", receiver.server_port)) as line:
        line.sendall(b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n")
        assert line.recv(64).split(b" ")[1] == b"401"
    assert said == ["refused: the signature does not fit"]


def test_without_a_secret_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WEBHOOK_SECRET", raising=False)
    with pytest.raises(CommandError, match="Set WEBHOOK_SECRET to the secret"):
        call_command("webhook_receiver")


def test_the_check_in_the_docs_is_the_one_that_runs() -> None:
    code = _code()
    assert code.startswith("import hashlib\nimport hmac\nimport time\n")
    defined: dict[str, object] = {}
    exec(code, defined)
    assert callable(defined["is_genuine"])
