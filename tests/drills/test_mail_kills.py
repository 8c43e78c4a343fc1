"""The relay killed while it sends: bulk mail never twice, awaited mail never lost, uncertain mail listed.

Effects are counted where they happen: in the spool of the SMTP server.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.drills.conftest import PATIENCE, Service, running_service
from tests.sizes import size
from tests.smtp_server import Mail, SmtpServer

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("drill")]

KILLS = size(small=3, ci=3, full=50)
MAILS = size(small=60, ci=60, full=1000)
LEASE_SECONDS, SWEEP_SECONDS = 5, 1
# From the last byte of a message to its answer: what most kills are to hit.
ANSWER_SECONDS = 0.05
UNFINISHED = ("queued", "deferred", "sending")
FORGETFUL = "tests.drills.forgetful_worker:app"


@dataclass
class Post:
    """The service, the SMTP server it sends to, and what the relay held when it was killed."""

    service: Service
    server: SmtpServer
    arrived: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    # By Message-ID: how often the server had the mail when the relay that held it was killed.
    held: dict[str, int] = field(default_factory=dict)

    def take_time(self, mail: Mail) -> None:
        self.arrived.release()
        time.sleep(ANSWER_SECONDS)

    def begin(self, mail_class: str, count: int, app: str = "matchmaking.celery:app") -> None:
        """Queue mails, and start what sweeps. The relay is still to be started."""
        self.held.clear()
        self.server.spool.clear()
        self.service.python(f"from tests.drills import mails\nmails.queue({mail_class!r}, {count})")
        self.service.start_worker("sweeper", app, queues="default", processes=1)
        self.service.start_beat()

    def start_relay(self, app: str = "matchmaking.celery:app") -> None:
        self.service.start_worker("relay", app, queues="mail", processes=1)

    def kill_relay(self, after_mails: int, after_seconds: float) -> None:
        """SIGKILL the relay once the server has so many more mails, and note what it held."""
        while self.arrived.acquire(blocking=False):
            pass
        for _mail in range(after_mails):
            assert self.arrived.acquire(timeout=PATIENCE), self.states()
        time.sleep(after_seconds)
        self.service.kill_worker("relay")
        self.service.supervisor.stop("relay")
        # The server answers, and the database ends what it was told to, without the one who asked for it.
        time.sleep(0.5)
        received = self.received()
        for message_id in self.message_ids("sending"):
            self.held[message_id] = received[message_id]

    def message_ids(self, state: str) -> set[str]:
        rows = self.service.query(f"SELECT message_id FROM matchmaking_outboxemail WHERE state = '{state}'")
        return {message_id for (message_id,) in rows}

    def states(self) -> Counter[str]:
        return Counter(
            dict(self.service.query("SELECT state, count(*) FROM matchmaking_outboxemail GROUP BY state"))
        )

    def all_finished(self) -> bool:
        states = self.states()  # once: a row may go from one unfinished state to another meanwhile
        return not any(states[state] for state in UNFINISHED)

    def received(self) -> Counter[str]:
        """How often the server has each Message-ID."""
        return Counter(mail.message["Message-ID"] for mail in list(self.server.spool))

    def kill_again_and_again(self) -> None:
        """Kill at random moments, the first time surely between a mail and its answer; then send the rest."""
        seed = random.SystemRandom().randrange(10**6)
        print(f"seed {seed}")
        dice = random.Random(seed)
        for number in range(KILLS):
            self.start_relay()
            moment = dice.uniform(0, 2 * ANSWER_SECONDS) if number else 0
            self.kill_relay(dice.randint(1, MAILS // (2 * KILLS)), moment)
        self.start_relay()
        assert self.service.wait_until(self.all_finished), self.states()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, server: SmtpServer) -> Iterator[Service]:
    with running_service(
        tmp_path_factory.mktemp("mail"),
        EMAIL_URL=f"smtp://127.0.0.1:{server.port}",
        LEASE_SECONDS=str(LEASE_SECONDS),
        SWEEP_SECONDS=str(SWEEP_SECONDS),
    ) as made:
        yield made


@pytest.fixture(scope="module")
def server() -> Iterator[SmtpServer]:
    made = SmtpServer()
    yield made
    made.close()


@pytest.fixture
def post(processes: Service, server: SmtpServer) -> Post:
    made = Post(processes, server)
    server.before_answer = made.take_time
    return made


def test_no_digest_leaves_twice_and_every_uncertain_one_is_listed(post: Post) -> None:
    post.begin("bulk", MAILS)
    post.kill_again_and_again()
    received, uncertain = post.received(), post.message_ids("uncertain")
    print(f"{KILLS} kills, {MAILS} digests: {dict(post.states())}, {received.total()} in the spool")
    assert set(received.values()) == {1}
    # What was being sent at a kill; under load the database may end one later than we looked.
    assert uncertain <= set(post.held)
    assert 1 <= len(uncertain) <= KILLS
    assert post.states() == {"sent": MAILS - len(uncertain), "uncertain": len(uncertain)}
    assert post.message_ids("sent") <= set(received)
    listed = post.service.python(
        "import json\nfrom tests.drills import mails\nprint(json.dumps(mails.listed_as_uncertain()))"
    )
    rows = post.service.query("SELECT recipient FROM matchmaking_outboxemail WHERE state = 'uncertain'")
    assert json.loads(listed.splitlines()[-1]) == sorted(
        recipient.replace("reader", "…") for (recipient,) in rows
    )


def test_no_awaited_mail_is_lost_and_what_comes_twice_is_the_same_mail(post: Post) -> None:
    post.begin("awaited", MAILS)
    post.kill_again_and_again()
    received = post.received()
    again = sum(post.held.values())
    print(f"{KILLS} kills, {MAILS} awaited mails: {dict(post.states())}, {again} came again")
    assert post.states() == {"sent": MAILS}
    # Once each, and at most once more for every kill between the server's having it and our knowing.
    assert set(received) == post.message_ids("sent")
    more_often = {one: times - 1 for one, times in received.items() if times > 1}
    assert all(times <= post.held.get(one, 0) for one, times in more_often.items()), more_often
    assert 1 <= sum(more_often.values()) <= again <= KILLS
    assert len({mail.content for mail in post.server.spool}) == MAILS


def test_without_the_rule_for_bulk_mail_digests_leave_twice(post: Post) -> None:
    post.begin("bulk", 3, FORGETFUL)
    post.start_relay(FORGETFUL)
    post.kill_relay(1, 0)
    post.start_relay(FORGETFUL)
    assert post.service.wait_until(post.all_finished), post.states()
    assert post.states() == {"sent": 3}
    assert sorted(post.received().values()) == [1, 1, 2]
