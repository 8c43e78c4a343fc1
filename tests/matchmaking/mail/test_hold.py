"""HOLD: after a restore nothing leaves, neither mail nor webhook, until it is unset; then all of it does."""

from __future__ import annotations

from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from alliances.models import User
from matchmaking.enums import DeliveryState, EmailState
from matchmaking.models import OutboxEmail, WebhookDelivery
from matchmaking.services import outbox
from matchmaking.services.account_mail import account_mail_queue
from matchmaking.services.health import health
from matchmaking.services.webhook_delivery import deliver_for
from tests.factories import make_organization, make_user
from tests.matchmaking.mail.mails import make_mail
from tests.matchmaking.test_settings import PRODUCTION, manage
from tests.matchmaking.webhooks.conftest import sink
from tests.matchmaking.webhooks.scenes import listen, listen_at, make_delivery
from tests.matchmaking.webhooks.sink import Sink
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db
__all__ = ["sink"]


@pytest.fixture
def held(settings: Settings) -> None:
    settings.HOLD = True


def printed() -> list[str]:
    out = StringIO()
    call_command("held", stdout=out)
    return out.getvalue().splitlines()


def test_nothing_leaves_while_it_is_set_and_all_once_it_is_not(
    server: SmtpServer, reader: User, sink: Sink, settings: Settings, held: None
) -> None:
    account_mail_queue("password_reset_code", reader, reader.email, code="123-456")
    make_mail(reader)
    make_delivery(listen_at(sink, make_organization()))
    assert (outbox.deliver_due(), deliver_for(5)) == ({}, {})
    assert (server.spool, sink.calls) == ([], [])
    assert set(OutboxEmail.objects.values_list("state", "attempt")) == {(EmailState.QUEUED, 0)}
    assert list(WebhookDelivery.objects.values_list("state", "attempt")) == [(DeliveryState.QUEUED, 0)]
    settings.HOLD = False
    assert (outbox.deliver_due(), deliver_for(5)) == ({"sent": 2}, {"delivered": 1})
    assert (len(server.spool), len(sink.calls)) == (2, 1)


def test_health_and_the_desk_say_so(client: Client, held: None) -> None:
    client.force_login(make_user(is_staff=True, is_superuser=True))
    words = {
        "en": "On hold: HOLD is set, so that no mail and no webhook leaves.",
        "zh-hans": "已暂停：已设置 HOLD，因此不发出任何邮件和Webhook请求。",
    }
    for language, sentence in words.items():
        with translation.override(language):
            (check,) = [one for one in health() if one.key == "outbox"]
            assert (check.ok, check.detail.startswith(sentence)) == (False, True)
        page = client.get("/admin/", headers={"accept-language": language})
        assert sentence in page.content.decode()
    answer = client.get("/health/ready")
    assert answer.status_code == 503


def test_what_waits_is_printed_by_kind_and_event(reader: User, settings: Settings, held: None) -> None:
    assert printed() == ["On hold: nothing leaves until HOLD is unset.", "Nothing waits."]
    for number, state in enumerate(("queued", "deferred", "failed", "suppressed")):
        make_mail(reader, number=number, state=state)
    account_mail_queue("password_reset_code", reader, reader.email, code="123-456")
    OutboxEmail.objects.update(created_at="2026-11-25T06:00:00Z")
    webhook, disabled = listen(make_organization()), listen(make_organization())
    for one in (webhook, webhook, disabled):
        make_delivery(one)
    make_delivery(webhook, event="organization.reviewed")
    make_delivery(webhook, state="failed")
    type(webhook).objects.filter(pk=disabled.pk).update(disabled_for="owner", disabled_at="2026-11-25T06:00Z")
    WebhookDelivery.objects.update(created_at="2026-11-24T23:59:00Z")
    expected = [
        "mail     account                          1   oldest 2026-11-25 06:00 UTC",
        "mail     digest                           2   oldest 2026-11-25 06:00 UTC",
        "webhook  introduction.made                2   oldest 2026-11-24 23:59 UTC",
        "webhook  organization.reviewed            1   oldest 2026-11-24 23:59 UTC",
    ]
    assert printed()[1:] == expected
    settings.HOLD = False
    first, *rest = printed()
    assert (first.split(":")[0], rest) == ("Not on hold", expected)


def test_sending_recommendations_does_not_wait_for_what_is_held(reader: User, held: None) -> None:
    make_mail(reader)
    out = StringIO()
    call_command("send_recommendations", stdout=out)
    assert out.getvalue().splitlines() == [
        "Digests queued: 0. Emails to send: 1.",
        "On hold: they stay in the outbox until HOLD is unset.",
    ]


def test_it_comes_from_the_environment_and_rubbish_stops_the_start() -> None:
    line = "from django.conf import settings; print(settings.HOLD)"
    told = {
        value: manage("shell", "--no-imports", "--command", line, **PRODUCTION, **env)
        for value, env in (("unset", {}), ("1", {"HOLD": "1"}), ("perhaps", {"HOLD": "perhaps"}))
    }
    assert [told[one].stdout.strip() for one in ("unset", "1")] == ["False", "True"]
    assert "HOLD is 'perhaps'. Use 1 or 0." in told["perhaps"].stderr
