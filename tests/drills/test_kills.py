"""Processes killed in the middle of a run: it completes by itself, with the lists of an undisturbed run."""

from __future__ import annotations

import os
import shutil
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from tests.drills.conftest import LEASE_SECONDS, SHARDS, SIDE, SWEEP_SECONDS, Service

pytestmark = [pytest.mark.drill, pytest.mark.xdist_group("drill")]

SLOW = "tests.drills.slow_worker:app"
# Within lease + sweep + 15 s lost work is taken up again; after that nobody will.
STALLED_AFTER = LEASE_SECONDS + SWEEP_SECONDS + 15


@pytest.fixture(scope="module")
def undisturbed(service: Service) -> str:
    """The lists of a run that nothing happened to."""
    run = service.request_run()
    service.start_worker("undisturbed")
    try:
        assert service.wait_until(lambda: service.state(run) == "complete"), service.states(run)
    finally:
        service.supervisor.stop("undisturbed")
    service.propose_no_more()
    return service.lists_hash(run)


def wipe_and_kill_broker(service: Service) -> None:
    """The broker is gone with all it held. The servers' keeper starts an empty one."""
    for path in service.servers.broker_data.iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    os.kill(service.servers.pid("broker"), signal.SIGKILL)


def test_worker_broker_and_beat_are_killed_and_the_run_completes(
    processes: Service, undisturbed: str
) -> None:
    run = processes.request_run()
    processes.start_worker(app=SLOW)
    processes.start_beat()
    processes.wait_for_running_shards(run)

    processes.kill_worker()
    held = processes.states(run).get("running", 0)
    assert held >= 1
    killed = time.monotonic()
    assert processes.wait_until(lambda: processes.states(run).get("done", 0) >= 2)

    processes.wait_for_running_shards(run)
    wipe_and_kill_broker(processes)
    processes.wait_for_running_shards(run)
    os.killpg(processes.supervisor.pid("beat"), signal.SIGKILL)

    assert processes.wait_until(lambda: processes.state(run) == "complete"), processes.states(run)
    print(f"complete {time.monotonic() - killed:.1f} s after the first kill; {held} shards were held by it")
    assert processes.lists_hash(run) == undisturbed
    assert processes.states(run) == {"done": SHARDS}
    attempts = processes.query(
        f"SELECT count(*) FROM matchmaking_matchshard WHERE run_id = {run} AND step = 'score' AND attempt > 1"
    )
    assert attempts[0][0] >= held
    assert processes.supervisor.launches("worker") == 2
    assert processes.supervisor.launches("beat") == 2


def test_without_leases_a_killed_worker_stalls_the_run(processes: Service) -> None:
    run = processes.request_run()
    processes.start_worker(app=SLOW, LEASES="off")
    processes.start_beat()
    processes.wait_for_running_shards(run)
    processes.kill_worker()
    killed = time.monotonic()
    lost = processes.states(run)["running"]
    # Everything else is done: the restarted worker works, it only never takes back what was lost.
    assert processes.wait_until(lambda: processes.states(run).get("done", 0) == SHARDS - lost)
    left = killed + STALLED_AFTER - time.monotonic()
    assert not processes.wait_until(lambda: processes.state(run) == "complete", left)
    assert processes.states(run) == {"done": SHARDS - lost, "running": lost}
    processes.python(
        "from matchmaking.services import runs; from matchmaking.models import MatchRun\n"
        f"runs.run_cancel(MatchRun.objects.get(pk={run}))"
    )


def test_a_worker_that_slept_past_its_lease_writes_nothing(processes: Service, undisturbed: str) -> None:
    run = processes.request_run()
    processes.start_worker("zombie", app=SLOW, SHARD_SECONDS="3")
    assert processes.wait_until(lambda: processes.states(run).get("running", 0) == 2)
    zombie = processes.supervisor.pid("zombie")
    os.killpg(zombie, signal.SIGSTOP)
    try:
        asleep = time.monotonic()
        processes.start_worker("second")
        processes.start_beat()
        assert processes.wait_until(lambda: processes.state(run) == "complete"), processes.states(run)
        assert time.monotonic() - asleep > LEASE_SECONDS / 2
        lists = processes.lists_hash(run)
    finally:
        os.killpg(zombie, signal.SIGCONT)
    log = processes.supervisor.log("zombie")
    assert processes.wait_until(lambda: log.read_text().count('"stale_lease"') == 2, 30), log.read_text()
    assert processes.lists_hash(run) == lists == undisturbed
    assert processes.query("SELECT count(*) FROM matchmaking_shardoutput") == [(0,)]


def merging(service: Service, run: int) -> bool:
    """Whether rows are being written that nobody sees yet."""
    unseen = [name for name in service.tables(run) if name != f"matchmaking_ranking_{run}"]
    return bool(unseen) and service.query(f'SELECT count(*) FROM "{unseen[-1]}"')[0][0] > 0


def test_a_worker_killed_in_the_merge_leaves_every_row_once(processes: Service, undisturbed: str) -> None:
    run = processes.request_run()
    processes.start_worker(app=SLOW, SHARD_SECONDS="0", PART_SECONDS="1")
    processes.start_beat()
    assert processes.wait_until(lambda: merging(processes, run)), processes.states(run)
    processes.kill_worker()
    assert processes.wait_until(lambda: processes.state(run) == "complete"), processes.states(run)
    merges = processes.query(
        f"SELECT attempt FROM matchmaking_matchshard WHERE run_id = {run} AND step = 'merge'"
    )
    assert merges == [(2,)]
    assert processes.lists_hash(run) == undisturbed
    # The table of the first attempt goes with the end of the second.
    lasting = [f"matchmaking_ranking_{run}"]
    assert processes.wait_until(lambda: processes.tables(run) == lasting, 30), processes.tables(run)


EDIT = """
from alliances.importing.entries import OrganizationEntry
from alliances.models import User
from alliances.services.register import save_organization
by = User.objects.get_or_create(email="officer@test.example", is_staff=True, is_superuser=True)[0]
save_organization(OrganizationEntry(code="{code}", values={{"capacity": {capacity}}}), actor=by)
"""


def test_a_worker_killed_in_an_amendment_leaves_the_lists_whole(processes: Service, undisturbed: str) -> None:
    """Nobody asks for the amendments: the edits do. What is taken back leaves the lists as they were."""
    run = processes.request_run()
    processes.start_worker(app=SLOW, SHARD_SECONDS="0", PART_SECONDS="2")
    assert processes.wait_until(lambda: processes.state(run) == "complete"), processes.states(run)
    processes.propose_no_more()
    processes.start_beat()
    steps = (
        "SELECT s.state, s.attempt FROM matchmaking_matchshard s"
        " JOIN matchmaking_matchrun r ON r.id = s.run_id"
        f" WHERE r.amends_id = {run} AND s.step = 'amend' ORDER BY s.id"
    )
    # Who has a list loses it without capacity.
    code, capacity = processes.query(
        "SELECT o.code, o.capacity FROM alliances_organization o"
        f" JOIN matchmaking_ranking r ON r.seeker_id = o.id AND r.run_id = {run} ORDER BY o.code LIMIT 1"
    )[0]
    processes.python(EDIT.format(code=code, capacity=0))
    assert processes.wait_until(lambda: processes.query(steps) == [("running", 1)])
    time.sleep(1)
    processes.kill_worker()
    assert processes.lists_hash(run) == undisturbed
    assert processes.wait_until(lambda: processes.query(steps) == [("done", 2)]), processes.query(steps)
    assert processes.lists_hash(run) != undisturbed
    processes.python(EDIT.format(code=code, capacity=capacity))
    done = [("done", 2), ("done", 1)]
    assert processes.wait_until(lambda: processes.query(steps) == done), processes.query(steps)
    assert processes.lists_hash(run) == undisturbed


def test_a_worker_that_slept_in_the_merge_writes_nothing(processes: Service, undisturbed: str) -> None:
    run = processes.request_run()
    processes.start_worker("zombie", app=SLOW, processes=1, SHARD_SECONDS="0", PART_SECONDS="1")
    assert processes.wait_until(lambda: merging(processes, run)), processes.states(run)
    zombie = processes.supervisor.pid("zombie")
    os.killpg(zombie, signal.SIGSTOP)
    try:
        processes.start_worker("second")
        processes.start_beat()
        assert processes.wait_until(lambda: processes.state(run) == "complete"), processes.states(run)
        lists = processes.lists_hash(run)
    finally:
        os.killpg(zombie, signal.SIGCONT)
    log = processes.supervisor.log("zombie")
    assert processes.wait_until(lambda: '"stale_lease"' in log.read_text(), 60), log.read_text()
    assert processes.lists_hash(run) == lists == undisturbed
    assert processes.wait_until(lambda: processes.tables(run) == [f"matchmaking_ranking_{run}"], 30)


def test_machines_share_the_database_the_broker_and_nothing_else(
    processes: Service, undisturbed: str, tmp_path: Path
) -> None:
    run = processes.request_run()
    for name in ("here", "there"):
        folder = str(tmp_path / name)
        processes.start_worker(name, app=SLOW, processes=1, SHARD_SECONDS="0.2", ARRAYS_FOLDER=folder)
    assert processes.wait_until(lambda: processes.state(run) == "complete"), processes.states(run)
    assert processes.lists_hash(run) == undisturbed
    digest = processes.query(f"SELECT snapshot_digest FROM matchmaking_matchrun WHERE id = {run}")[0][0]
    # Both took part, each with a copy of its own of what is scored.
    assert [os.listdir(tmp_path / name) for name in ("here", "there")] == [[digest], [digest]]


def test_a_run_through_workers_tells_what_each_stage_took(processes: Service, undisturbed: str) -> None:
    by_size = replace(processes, env={**processes.env, "SCORE_SHARDS": "0"})
    began = time.monotonic()
    run = by_size.request_run()
    requested = time.monotonic()
    processes.start_worker()
    assert processes.wait_until(lambda: processes.state(run) == "complete"), processes.states(run)
    took = time.monotonic() - began
    stages = processes.query(f"SELECT stage_seconds FROM matchmaking_matchrun WHERE id = {run}")[0][0]
    print(f"{SIDE} a side: {took:.1f} s, {requested - began:.1f} s of it the request;", stages)
    assert sorted(stages) == ["attach", "copy", "merge", "read", "score"]
    assert 0 < sum(stages.values()) < took
    assert processes.lists_hash(run) == undisturbed
