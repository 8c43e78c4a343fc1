"""A Celery worker for the time of a command, where none of that queue is at work."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO

from django.conf import settings
from django.core.management.base import CommandError

from matchmaking.enums import Queue
from matchmaking.services import heartbeat

STOP_SECONDS = settings.CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT + 5


@contextmanager
def worker_running(queue: Queue) -> Iterator[Callable[[], None]]:
    """Have a worker of this queue while the block lasts: the one at work, or one of our own, stopped after.

    Gives a function to call while waiting. It starts a worker of our own once the other is not heard of any
    more, and raises CommandError, with the worker's last lines, once ours has ended by itself.
    """
    own: subprocess.Popen[bytes] | None = None
    with tempfile.TemporaryFile("w+b") as output:

        def check() -> None:
            nonlocal own
            if own is None and not heartbeat.is_fresh(queue):
                own = _start(queue, output)
            elif own is not None and own.poll() is not None:
                output.seek(0)
                lines = output.read().decode(errors="replace").splitlines()[-10:]
                raise CommandError("\n".join([f"The worker ended by itself ({own.returncode}):", *lines]))

        try:
            check()
            yield check
        finally:
            if own is not None:
                _stop(own)
                # The next command must not take its trace for a worker.
                heartbeat.forget(queue)


def _start(queue: Queue, output: IO[bytes]) -> subprocess.Popen[bytes]:
    processes = settings.WORKER_PROCESSES if queue == Queue.SCORE else 1
    command = [sys.executable, "-m", "celery", "-A", "matchmaking.celery:app", "worker"]
    command += ["-Q", queue.value, "-c", str(processes), "-n", f"{queue.value}-{os.getpid()}@%h"]
    return subprocess.Popen(
        [*command, "--without-gossip", "--without-mingle", "--loglevel", "WARNING"],
        cwd=settings.BASE_DIR,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        # A session of its own: Ctrl-C is the command's to answer.
        start_new_session=True,
    )


def _stop(worker: subprocess.Popen[bytes]) -> None:
    worker.terminate()
    try:
        worker.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        worker.kill()
        worker.wait()
