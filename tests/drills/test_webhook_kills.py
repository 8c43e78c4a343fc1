"""A worker killed while it delivers to a webhook: no event is lost, and what comes twice is the same event.

Effects are counted where they happen: at the receiver.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.drills.conftest import PATIENCE, Service, running_service
from tests.matchmaking.webhooks.sink import Call, Sink, serving
from tests.sizes import size

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("drill")]

KILLS = size(small=2, ci=2, full=20)
# Of every worker's calls the third is cut; the two before are over.
CALLS = 3
EVENTS = CALLS * KILLS + 10
LEASE_SECONDS, SWEEP_SECONDS = 5, 1

QUEUE = f"""
from matchmaking.models import WebhookDelivery
from matchmaking.services.webhooks import webhook_add
from tests.factories import make_organization, make_team_member
from tests.matchmaking.webhooks.scenes import ALL, make_delivery
owner = make_team_member(make_organization())
webhook = webhook_add(owner.organization, url=URL, events=ALL, by=owner.user).webhook
for _number in range({EVENTS}):
    make_delivery(webhook)
"""


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    server = Sink()
    with serving(server):
        yield server


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, sink: Sink) -> Iterator[Service]:
    with running_service(
        tmp_path_factory.mktemp("hooks"),
        WEBHOOK_TEST_RECEIVERS=sink.origin,
        LEASE_SECONDS=str(LEASE_SECONDS),
        SWEEP_SECONDS=str(SWEEP_SECONDS),
    ) as made:
        yield made


def test_no_event_is_lost_to_kills_and_what_comes_twice_is_the_same_event(
    processes: Service, sink: Sink
) -> None:
    arrived = threading.Semaphore(0)
    killed = threading.Event()

    def answer(_call: Call) -> int:
        arrived.release()
        # Between the event and its answer: what the kills are to hit.
        if len(sink.calls) % CALLS == 0:
            killed.wait(PATIENCE)
        return 204

    sink.answer = answer
    processes.python(f"URL = {sink.origin + '/hooks'!r}\n{QUEUE}")
    processes.start_beat()
    for number in range(KILLS):
        killed.clear()
        processes.start_worker(f"worker{number}", queues="default,webhooks", processes=1)
        for _call in range(CALLS):
            assert arrived.acquire(timeout=PATIENCE)
        processes.kill_worker(f"worker{number}")
        processes.supervisor.stop(f"worker{number}")
        killed.set()
    processes.start_worker("last", queues="default,webhooks", processes=1)

    def states() -> dict[str, int]:
        return dict(processes.query("SELECT state, count(*) FROM matchmaking_webhookdelivery GROUP BY state"))

    assert processes.wait_until(lambda: states() == {"delivered": EVENTS}), states()
    calls = Counter(call.headers["Webhook-Event-Id"] for call in sink.calls)
    assert len(calls) == EVENTS
    # Every kill cut one call, and that alone came again.
    assert calls.total() == EVENTS + KILLS
    bodies = {(call.headers["Webhook-Event-Id"], call.body) for call in sink.calls}
    assert len(bodies) == EVENTS
    assert processes.query("SELECT count(*) FROM matchmaking_webhook WHERE disabled_at IS NOT NULL") == [(0,)]
