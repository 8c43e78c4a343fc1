"""A service of real processes to kill: its own servers, workers and beat under the supervisor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from matchmaking.embedded import EmbeddedServers, Supervisor
from matchmaking.embedded.binaries import find_postgres
from tests.sizes import size

ROOT = Path(__file__).parents[2]
SIDE = size(small=300, ci=300, full=10_000)
SHARDS = 40
LEASE_SECONDS, SWEEP_SECONDS = 10, 2
# Long enough for whoever does the work, short enough that a stall is seen.
PATIENCE = size(small=120, ci=180, full=600)


# What the migrations came to in this process.
_migrated: list[bytes] = []


@dataclass
class Service:
    """Servers, supervisor and the environment in which every process of the service runs."""

    servers: EmbeddedServers
    supervisor: Supervisor
    env: dict[str, str]

    def manage(self, *command: str) -> str:
        """The output of a manage.py command."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command],
            env=self.env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    def migrate(self) -> None:
        """An empty database of this version; once made by its migrations, which take as long as a drill."""
        programs, url = find_postgres().bin, self.servers.database_url
        if _migrated:
            psql = [str(programs / "psql"), "--quiet", "--set=ON_ERROR_STOP=1", f"--dbname={url}"]
            subprocess.run(psql, input=_migrated[0], stdout=subprocess.DEVNULL, check=True)
        else:
            self.manage("migrate", "--verbosity", "0")
            dump = subprocess.run([programs / "pg_dump", url], stdout=subprocess.PIPE, check=True)
            _migrated.append(dump.stdout)

    def python(self, code: str) -> str:
        """The output of a few lines run inside of the service."""
        return self.manage("shell", "--no-imports", "-c", code).strip()

    def start_worker(
        self,
        name: str = "worker",
        app: str = "matchmaking.celery:app",
        queues: str = "score,default",
        processes: int = 2,
        **env: str,
    ) -> None:
        command = [sys.executable, "-m", "celery", "-A", app, "worker", "-Q", queues, "-c", str(processes)]
        command += ["-n", f"{name}@%h", "--without-gossip", "--without-mingle"]
        self.supervisor.start(name, command, env={**self.env, **env})

    def start_beat(self) -> None:
        schedule = self.supervisor.home / "beat"
        command = [
            sys.executable,
            "-m",
            "celery",
            "-A",
            "matchmaking.celery:app",
            "beat",
            "-s",
            str(schedule),
        ]
        self.supervisor.start("beat", [*command, "--pidfile", ""], env=self.env)

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Rows straight from the database: effects are counted outside of the service."""
        with psycopg.connect(self.servers.database_url, autocommit=True) as connection:
            return connection.execute(statement).fetchall()

    def request_run(self) -> int:
        return int(
            self.python(
                "from datetime import date\n"
                "from matchmaking.services import runs, policies\n"
                "print(runs.run_request(policies.active_policy(), as_of=date(2026, 11, 1)).pk)"
            ).splitlines()[-1]
        )

    def states(self, run: int) -> dict[str, int]:
        """How many score shards stand in which state."""
        rows = self.query(
            "SELECT state, count(*) FROM matchmaking_matchshard"
            f" WHERE run_id = {run} AND step = 'score' GROUP BY state"
        )
        return dict(rows)

    def state(self, run: int) -> str:
        return str(self.query(f"SELECT state FROM matchmaking_matchrun WHERE id = {run}")[0][0])

    def tables(self, run: int) -> list[str]:
        """The tables that hold ranking rows of a run, attached or not."""
        found = self.query(
            "SELECT relname FROM pg_class"
            f" WHERE relkind = 'r' AND relname ~ '^matchmaking_ranking_{run}(_|$)' ORDER BY relname"
        )
        return [name for (name,) in found]

    def lists_hash(self, run: int) -> str:
        """One figure for all ranking rows, in order, bit by bit."""
        columns = "seeker_id, kind, rank, candidate_id, score, affinity, candidate_affinity, criteria"
        return str(
            self.query(
                f"SELECT md5(string_agg(md5(row({columns})::text), '' ORDER BY seeker_id, kind, rank))"
                f" FROM matchmaking_ranking WHERE run_id = {run}"
            )[0][0]
        )

    def wait_until(self, reached: Callable[[], bool], seconds: float = PATIENCE) -> bool:
        """Whether it came to that within the time."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            if reached():
                return True
            time.sleep(0.05)
        return False

    def wait_for_running_shards(self, run: int) -> None:
        assert self.wait_until(lambda: self.states(run).get("running", 0) >= 1, 60), self.states(run)

    def propose_no_more(self) -> None:
        """End the proposing of complete runs: of a large register it would keep the next drill's workers."""
        self.query(
            "UPDATE matchmaking_matchshard SET state = 'cancelled', lease_token = NULL, lease_until = NULL"
            " WHERE step = 'propose' AND state IN ('queued', 'running') RETURNING id"
        )

    def kill_worker(self, name: str = "worker") -> None:
        """SIGKILL the worker and its children at once: nobody puts anything away."""
        os.killpg(self.supervisor.pid(name), signal.SIGKILL)


@contextmanager
def running_service(home: Path, **more_env: str) -> Iterator[Service]:
    """A migrated service with an empty register and no process yet."""
    servers = EmbeddedServers(home / "servers", lasting=False)
    servers.start()
    env = {
        **os.environ,
        "DATABASE_URL": servers.database_url,
        "REDIS_URL": servers.broker_url,
        "SECRET_KEY": "drill-" * 10,
        "DEMO": "1",
        "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}",
        **more_env,
    }
    env.setdefault("DJANGO_SETTINGS_MODULE", "matchmaking.settings")
    (home / "supervisor").mkdir()
    with Supervisor(home / "supervisor", grace_seconds=10) as supervisor:
        made = Service(servers, supervisor, env)
        try:
            made.migrate()
            yield made
        finally:
            supervisor.stop()
            servers.stop()


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A migrated service with a generated register and no process yet."""
    home = tmp_path_factory.mktemp("drill")
    with running_service(
        home,
        SCORE_SHARDS=str(SHARDS),
        LEASE_SECONDS=str(LEASE_SECONDS),
        SWEEP_SECONDS=str(SWEEP_SECONDS),
    ) as made:
        made.python(f"from tests.registers import make_register\nmake_register({SIDE}, {SIDE}, seed=1)")
        yield made


@pytest.fixture
def processes(service: Service) -> Iterator[Service]:
    """The service without processes of an earlier drill; its own are stopped after."""
    yield service
    for name in list(service.supervisor._children):
        service.supervisor.stop(name)
    service.propose_no_more()
