"""Health as monitors and staff see it: every part can fail on its own, and nothing secret is told."""

from __future__ import annotations

import re
import socket
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db.models.functions import Now
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from matchmaking.celery import app
from matchmaking.enums import EmailKind, EmailState, MailClass, Queue
from matchmaking.models import Heartbeat, MailDomain, OutboxEmail
from matchmaking.services import heartbeat
from matchmaking.services.health import LONGEST_WAIT, NAMES, health
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_broker() -> None:
    app.set_current()


@pytest.fixture
def workers() -> None:
    for queue in Queue:
        heartbeat.record(queue)


@pytest.fixture
def elsewhere() -> Client:
    """A browser on another machine."""
    return Client(REMOTE_ADDR="203.0.113.9")


def failing() -> list[str]:
    return [check.key for check in health() if not check.ok]


def age(queue: Queue, seconds: float) -> None:
    Heartbeat.objects.filter(queue=queue).update(at=Now() - timedelta(seconds=seconds))


def make_mail(mail_class: MailClass, waited: timedelta, **fields: object) -> OutboxEmail:
    number = OutboxEmail.objects.count()
    mail = OutboxEmail.objects.create(
        kind=EmailKind.ACCOUNT if mail_class == MailClass.AWAITED else EmailKind.DIGEST,
        mail_class=mail_class,
        user=make_user(),
        slot=None if mail_class == MailClass.AWAITED else "2026-W48",
        message_id=f"<health-{number}@test.example>",
        recipient="someone@slow.example",
        language="en",
        subject="Hello",
        body_text="Hello",
        body_html="<p>Hello</p>",
    )
    OutboxEmail.objects.filter(pk=mail.pk).update(**{"created_at": Now() - waited, **fields})
    return mail


def test_all_is_well(workers: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(2):
        checks = health()
    assert [(check.key, check.ok) for check in checks] == [(key, True) for key in NAMES]
    assert [check.name for check in checks] == [
        "Database", "Broker", "Worker for matching", "Worker for mail", "Worker for webhooks", "Clock",
        "Outgoing mail",
    ]  # fmt: skip
    assert [re.sub(r"\d+", "N", check.detail) for check in checks] == [
        "Answers.", "Answers.", "Last task N s ago.", "Last task N s ago.", "Last task N s ago.",
        "Last sweep N s ago.", "Nothing is due.",
    ]  # fmt: skip


def test_nothing_has_worked_yet() -> None:
    assert failing() == ["worker_score", "worker_mail", "worker_webhooks", "sweep"]


@pytest.mark.parametrize(
    ("queue", "key"),
    [
        (Queue.SCORE, "worker_score"),
        (Queue.MAIL, "worker_mail"),
        (Queue.WEBHOOKS, "worker_webhooks"),
        (Queue.DEFAULT, "sweep"),
    ],
)
def test_a_worker_is_missed_after_three_sweeps(workers: None, queue: Queue, key: str) -> None:
    age(queue, 3 * settings.SWEEP_SECONDS - 1)
    assert failing() == []
    age(queue, 3 * settings.SWEEP_SECONDS + 1)
    assert failing() == [key]


@pytest.mark.parametrize("mail_class", list(MailClass))
def test_mail_that_is_due_too_long_is_told(workers: None, mail_class: MailClass) -> None:
    make_mail(mail_class, LONGEST_WAIT[mail_class] - timedelta(seconds=30))
    assert failing() == []
    make_mail(mail_class, LONGEST_WAIT[mail_class] + timedelta(seconds=30))
    assert failing() == ["outbox"]


@pytest.mark.parametrize(
    "fields",
    [
        {"state": EmailState.DEFERRED, "next_attempt_at": Now() + timedelta(minutes=5)},
        {"state": EmailState.DEFERRED, "next_attempt_at": Now() - timedelta(minutes=5)},
        {"state": EmailState.FAILED},
    ],
)
def test_mail_is_late_from_when_it_is_due(workers: None, fields: dict[str, object]) -> None:
    make_mail(MailClass.AWAITED, timedelta(days=1), **fields)
    assert failing() == []


def test_mail_to_a_domain_that_asked_us_to_wait_is_not_late(workers: None) -> None:
    make_mail(MailClass.AWAITED, timedelta(days=1))
    MailDomain.objects.create(domain="slow.example", not_before=Now() + timedelta(hours=1), seconds_between=1)
    assert failing() == []


def test_a_broker_that_is_away_or_frozen_is_told_within_three_seconds(workers: None) -> None:
    usual = app.conf.broker_write_url
    with socket.create_server(("127.0.0.1", 0)) as frozen:
        port = frozen.getsockname()[1]
        for url in (f"redis://127.0.0.1:{port}/0", "redis://127.0.0.1:1/0"):
            app.conf["broker_write_url"] = url
            began = time.monotonic()
            try:
                assert failing() == ["broker"]
            finally:
                app.conf["broker_write_url"] = usual
            assert time.monotonic() - began < 3


def test_ready_is_503_where_anything_fails(elsewhere: Client) -> None:
    answer = elsewhere.get("/health/ready")
    assert (answer.status_code, answer.json()) == (503, {"ok": False})
    for queue in Queue:
        heartbeat.record(queue)
    answer = elsewhere.get("/health/ready")
    assert (answer.status_code, answer.json()) == (200, {"ok": True})


def test_this_machine_and_staff_are_told_more(workers: None, client: Client, elsewhere: Client) -> None:
    everything = {"ok": True, "checks": [{"check": c.key, "ok": c.ok, "detail": c.detail} for c in health()]}
    assert client.get("/health/ready").json() == everything
    elsewhere.force_login(make_user())
    assert elsewhere.get("/health/ready").json() == {"ok": True}
    elsewhere.force_login(make_user(is_staff=True))
    assert elsewhere.get("/health/ready").json() == everything


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Forwarded-Proto"])
def test_a_proxy_on_this_machine_speaks_for_others(workers: None, client: Client, header: str) -> None:
    assert client.get("/health/ready", headers={header: "203.0.113.9"}).json() == {"ok": True}


def test_the_answer_holds_no_address_and_no_secret(workers: None, client: Client) -> None:
    text = client.get("/health/ready").content.decode()
    for secret in (
        settings.CELERY_BROKER_URL,
        str(settings.DATABASES["default"]["HOST"]),
        settings.SECRET_KEY,
    ):
        assert secret not in text
