"""Once, whoever sends and whoever dies: bulk mail never twice, awaited mail never lost."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from alliances.enums import ConsentPurpose
from alliances.models import User
from matchmaking.enums import EmailState as E
from matchmaking.models import OutboxEmail
from matchmaking.services import leases, outbox
from tests.factories import make_consent, make_user
from tests.matchmaking.mail.mails import make_awaited, make_mail
from tests.sizes import size
from tests.smtp_server import Script, SmtpServer


@pytest.mark.django_db(transaction=True)
def test_of_many_senders_at_once_each_mail_leaves_once(server: SmtpServer) -> None:
    count = size(small=24, ci=80, full=400)
    for number in range(count):
        user = make_user(f"p{number}@portland.example")
        make_consent(user, ConsentPurpose.DIGEST)
        make_mail(user)

    def work(_number: int) -> int:
        try:
            return outbox.deliver_due(seconds=60)[E.SENT]
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as threads:
        sent = list(threads.map(work, range(4)))
    assert sum(sent) == count
    assert Counter(mail.recipient for mail in server.spool) == Counter(
        {f"p{number}@portland.example": 1 for number in range(count)}
    )


@pytest.mark.django_db
def test_lost_worker_leaves_bulk_mail_uncertain_and_never_sends_it_again(
    server: SmtpServer, reader: User
) -> None:
    email = make_mail(reader)
    assert leases.claim(leases.MAILS) == email
    OutboxEmail.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert outbox.deliver_due() == Counter()
    email.refresh_from_db()
    assert (email.state, server.spool) == (E.UNCERTAIN, [])


@pytest.mark.django_db
def test_lost_worker_gives_awaited_mail_back_under_its_message_id(server: SmtpServer, reader: User) -> None:
    email = make_awaited(reader)
    assert leases.claim(leases.MAILS) == email
    OutboxEmail.objects.update(lease_until=Now() - timedelta(seconds=1))
    assert outbox.deliver_due() == Counter({E.SENT: 1})
    assert [mail.message["Message-ID"] for mail in server.spool] == [email.message_id]


@pytest.mark.django_db
def test_awaited_mail_without_an_answer_is_sent_again_under_its_message_id(
    server: SmtpServer, reader: User
) -> None:
    email = make_awaited(reader)
    server.script = Script(drop_at="body")
    assert outbox.deliver_due() == Counter({E.DEFERRED: 1})
    server.script = Script()
    OutboxEmail.objects.update(next_attempt_at=None)
    assert outbox.deliver_due() == Counter({E.SENT: 1})
    assert [mail.message["Message-ID"] for mail in server.spool] == [email.message_id] * 2
    assert server.spool[0].content == server.spool[1].content


@pytest.mark.django_db
def test_outcome_that_comes_after_the_lease_changes_nothing(server: SmtpServer, reader: User) -> None:
    """The row was given to nobody else, but the lease is gone: the late answer is refused."""
    email = make_mail(reader)
    claimed = leases.claim(leases.MAILS)
    assert claimed is not None
    OutboxEmail.objects.update(lease_until=Now() - timedelta(seconds=1))
    leases.expire(leases.MAILS)
    with pytest.raises(leases.LeaseLost):
        leases.finish(leases.MAILS, claimed, E.SENT, sent_at=Now())
    email.refresh_from_db()
    assert email.state == E.UNCERTAIN
