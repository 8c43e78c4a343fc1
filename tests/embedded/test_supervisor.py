"""The keeper of processes: what it starts stays up, and goes when it goes."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from matchmaking.embedded import EmbeddedError, Supervisor
from matchmaking.embedded.processes import Identity, identity, write_json
from tests.embedded.users import run_script

SLEEPER = (
    sys.executable,
    "-c",
    "import os, time; print(os.environ.get('WORD'), flush=True); time.sleep(600)",
)


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, "it did not come about in time"
        time.sleep(0.02)


@pytest.fixture
def supervisor(folder: Path) -> Iterator[Supervisor]:
    with Supervisor(folder, grace_seconds=1) as made:
        yield made


def test_a_killed_process_is_started_again(supervisor: Supervisor) -> None:
    first = supervisor.start("worker", SLEEPER, env={"WORD": "hello"})
    wait_for(lambda: supervisor.log("worker").read_text() == "hello\n")
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: supervisor.launches("worker") == 2)
    assert supervisor.pid("worker") != first
    wait_for(lambda: supervisor.log("worker").read_text() == "hello\nhello\n")
    second = supervisor.pid("worker")
    supervisor.stop("worker")
    assert identity(second) is None
    time.sleep(0.5)
    assert supervisor.log("worker").read_text() == "hello\nhello\n"


def test_one_that_keeps_ending_is_started_at_growing_intervals(supervisor: Supervisor) -> None:
    supervisor.start("worker", (sys.executable, "-S", "-c", "raise SystemExit(3)"))
    wait_for(lambda: supervisor.launches("worker") == 4)
    time.sleep(0.5)  # the next pause is 1.6 s
    assert supervisor.launches("worker") == 4


def test_what_the_process_started_goes_with_it(supervisor: Supervisor) -> None:
    code = (
        "import subprocess, time; print(subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)"
    )
    pid = supervisor.start("worker", (sys.executable, "-c", code))
    wait_for(lambda: supervisor.log("worker").read_text().endswith("\n"))
    grandchild = int(supervisor.log("worker").read_text())
    assert identity(grandchild) is not None
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: supervisor.launches("worker") == 2)
    assert identity(grandchild) is None


def test_a_process_that_ignores_the_request_to_end_is_killed(supervisor: Supervisor) -> None:
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('up', flush=True); time.sleep(600)"
    )
    pid = supervisor.start("worker", (sys.executable, "-c", code))
    wait_for(lambda: supervisor.log("worker").read_text() == "up\n")
    began = time.monotonic()
    supervisor.stop()
    assert identity(pid) is None
    assert 0.9 < time.monotonic() - began < 10


def test_processes_end_in_their_own_way_when_given_time(folder: Path) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: (print('saved', flush=True), sys.exit()))\n"
        "print('up', flush=True); time.sleep(600)"
    )
    with Supervisor(folder) as kept:
        kept.start("worker", (sys.executable, "-c", code))
        wait_for(lambda: kept.log("worker").read_text() == "up\n")
    assert kept.log("worker").read_text() == "up\nsaved\n"


def test_a_name_is_kept_once(supervisor: Supervisor) -> None:
    supervisor.start("worker", SLEEPER)
    with pytest.raises(EmbeddedError, match="A process named worker is kept already"):
        supervisor.start("worker", SLEEPER)


START = """
import time
kept = Supervisor(Path(sys.argv[1]))
print(kept.start("worker", ["/bin/sleep", "600"]), flush=True)
time.sleep(600)
"""


def test_children_of_a_killed_supervisor_end(folder: Path) -> None:
    owner = run_script(START, folder)
    assert owner.stdout is not None
    child = int(owner.stdout.readline())
    owner.kill()
    owner.communicate()
    if not Path("/proc/self").exists():  # without death signals the next supervisor sees to it
        with Supervisor(folder) as following:
            following.start("other", ["/bin/sleep", "600"])
    wait_for(lambda: identity(child) is None)


def test_what_is_left_behind_is_stopped_and_what_is_not_ours_is_not(folder: Path) -> None:
    sleepers = [subprocess.Popen(["/bin/sleep", "600"], start_new_session=True) for _ in range(3)]
    left, kept_by_living, other = (identity(sleeper.pid) for sleeper in sleepers)
    ourselves = identity(os.getpid())
    assert left is not None
    assert kept_by_living is not None
    assert other is not None
    assert ourselves is not None
    gone = asdict(Identity(ourselves.pid, "before"))
    records = folder / "processes"
    records.mkdir()
    write_json(records / "left.json", {"child": asdict(left), "keeper": gone})
    write_json(records / "kept.json", {"child": asdict(kept_by_living), "keeper": asdict(ourselves)})
    write_json(records / "reused.json", {"child": asdict(Identity(other.pid, "before")), "keeper": gone})
    try:
        with Supervisor(folder) as supervisor:
            supervisor.start("worker", SLEEPER)
            assert [identity(sleeper.pid) is None for sleeper in sleepers] == [True, False, False]
            assert min(path.name for path in records.iterdir()) == "kept.json"
    finally:
        for sleeper in sleepers:
            sleeper.kill()
            sleeper.wait()
