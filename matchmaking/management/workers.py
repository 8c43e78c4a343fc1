"""A Celery worker for the time of a command, where none of that queue is at work."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management.base import CommandError

from matchmaking.enums import Queue
from matchmaking.services import heartbeat

STOP_SECONDS = settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT + 5


@contextmanager
def worker_running(queue: Queue) -> Iterator[Callable[[], None]]:
    """Have a worker of this queue while the block lasts: the one at work, or one of our own, stopped after.

    Gives a function to call while waiting: it raises CommandError, with the worker's last lines, once our
    worker has ended by itself.
    """
    if heartbeat.is_fresh(queue):
        yield lambda: None
        return
    with tempfile.TemporaryFile("w+b") as output:
        processes = settings.WORKER_PROCESSES if queue == Queue.SCORE else 1
        command = [sys.executable, "-m", "celery", "-A", "matchmaking.celery:app", "worker"]
        command += ["-Q", queue.value, "-c", str(processes), "-n", f"{queue.value}-{os.getpid()}@%h"]
        # A session of its own: Ctrl-C is the command's to answer.
        worker = subprocess.Popen(
            [*command, "--without-gossip", "--without-mingle", "--loglevel", "WARNING"],
            cwd=settings.BASE_DIR,
            env={**os.environ, "REMAP_SIGTERM": "SIGQUIT"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

        def check() -> None:
            if worker.poll() is not None:
                output.seek(0)
                lines = output.read().decode(errors="replace").splitlines()[-10:]
                raise CommandError(
                    f"The worker ended by itself (exit {worker.returncode}):\n" + "\n".join(lines)
                )

        try:
            yield check
        finally:
            worker.terminate()
            try:
                worker.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait()
