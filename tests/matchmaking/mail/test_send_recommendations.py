"""The command and the workers as real processes: three at once, and killed in the middle of sending."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from alliances.enums import ConsentPurpose
from matchmaking.enums import EmailState, MailClass
from matchmaking.models import OutboxEmail
from tests.factories import make_consent, make_user
from tests.matchmaking.mail.mails import make_mail
from tests.matchmaking.scenes import make_scene
from tests.sizes import size
from tests.smtp_server import Mail, SmtpServer

ROOT = Path(__file__).parents[3]
SEED = 20261123
RELAY = """
import django
django.setup()
from matchmaking.services.outbox import deliver_due
deliver_due(seconds=600)
"""

pytestmark = [
    pytest.mark.drill,
    pytest.mark.xdist_group("drill"),
    pytest.mark.django_db(transaction=True),
]


def environment(server: SmtpServer) -> dict[str, str]:
    """What another process needs to work on this test's database and mail server."""
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}")
    return {
        **os.environ,
        "DATABASE_URL": database.geturl(),
        # A number of its own on the broker: nobody else takes these nudges.
        "REDIS_URL": os.environ["REDIS_URL"].replace("virtual_host=0", "virtual_host=7"),
        "EMAIL_URL": f"smtp://127.0.0.1:{server.port}",
        "LEASE_SECONDS": "4",
        "SWEEP_SECONDS": "1",
    }


def manage(server: SmtpServer, *command: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", *command],
        env=environment(server),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def test_three_commands_at_once_send_one_mail_a_person(server: SmtpServer) -> None:
    readers = size(small=3, ci=6, full=30)
    # As many cities across: nobody goes without for the load that each may carry.
    scene = make_scene(readers, cities=readers)
    dry = manage(server, "send_recommendations", "--dry-run")
    assert f"Digests due: {len(scene.readers)}. Nothing was saved or sent." in dry
    assert not OutboxEmail.objects.exists()
    with ThreadPoolExecutor(3) as threads:
        said = list(threads.map(lambda _: manage(server, "send_recommendations"), range(3)))
    assert sum(int(text.split("Digests queued: ")[1].split(".")[0]) for text in said) == len(scene.readers)
    assert Counter(mail.recipient for mail in server.spool) == Counter(
        {reader.email: 1 for reader in scene.readers}
    )
    assert set(OutboxEmail.objects.values_list("state", flat=True)) == {EmailState.SENT}
    assert "Emails to send: 0." in manage(server, "send_recommendations")
    assert len(server.spool) == len(scene.readers)
    message = server.spool[0].message
    email = OutboxEmail.objects.get(message_id=message["Message-ID"])
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert message["Subject"] == email.subject
    assert message["List-Unsubscribe"] == email.headers["List-Unsubscribe"]


class Killer:
    """Kills the sending process when the server has a message in full and has not answered yet."""

    def __init__(self, count: int, kills: int) -> None:
        self.moments = set(random.Random(SEED).sample(range(1, count + 1), kills))
        self.received = 0
        self.killed = 0
        self.process: subprocess.Popen[bytes] | None = None

    def __call__(self, mail: Mail) -> None:
        self.received += 1
        if self.received in self.moments and self.process is not None:
            self.moments.discard(self.received)
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.killed += 1


def send_under_fire(server: SmtpServer, mail_class: MailClass) -> Killer:
    """Have every mail sent by processes of which some are killed in the window where nobody can tell."""
    count, kills = size(small=20, ci=60, full=1000), size(small=2, ci=5, full=50)
    for number in range(count):
        user = make_user(f"p{number}@portland.example")
        make_consent(user, ConsentPurpose.DIGEST)
        kind: dict[str, Any] = {} if mail_class == MailClass.BULK else {"kind": "awaited", "slot": None}
        make_mail(user, mail_class=mail_class, **kind)
    killer = Killer(count, kills)
    server.before_answer = killer
    unfinished = OutboxEmail.objects.filter(
        state__in=(EmailState.QUEUED, EmailState.SENDING, EmailState.DEFERRED)
    )
    while unfinished.exists():
        killer.process = subprocess.Popen([sys.executable, "-c", RELAY], env=environment(server), cwd=ROOT)
        assert killer.process.wait(240) in (0, -signal.SIGKILL)
    print(f"seed {SEED}: {killer.killed} kills during {count} mails")
    assert killer.killed == kills
    return killer


def test_bulk_mail_is_never_sent_twice_though_senders_are_killed(server: SmtpServer) -> None:
    killer = send_under_fire(server, MailClass.BULK)
    states = Counter(OutboxEmail.objects.values_list("state", flat=True))
    assert states[EmailState.SENT] + states[EmailState.UNCERTAIN] == OutboxEmail.objects.count()
    assert states[EmailState.UNCERTAIN] <= killer.killed
    assert set(Counter(mail.recipient for mail in server.spool).values()) == {1}


def test_awaited_mail_is_never_lost_and_a_repeat_has_the_same_message_id(server: SmtpServer) -> None:
    """Also the control of the test above: the same kills without the rule for bulk mail do make repeats."""
    killer = send_under_fire(server, MailClass.AWAITED)
    assert set(OutboxEmail.objects.values_list("state", flat=True)) == {EmailState.SENT}
    received = Counter(mail.recipient for mail in server.spool)
    assert len(received) == OutboxEmail.objects.count()
    assert 0 < received.total() - len(received) <= killer.killed
    ids = {(mail.recipient, mail.message["Message-ID"]) for mail in server.spool}
    assert ids == set(OutboxEmail.objects.values_list("recipient", "message_id"))
