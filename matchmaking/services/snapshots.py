"""The input of a run, as the steps of the run read it: large ones as arrays that a machine's processes share.

Its bytes in the database are the truth. A folder of this machine holds copies, one folder a snapshot by its
digest and in it one file an array, which every process maps into its memory: they are there once, and none
but the first unpacks them. A copy is used only where its digest is the run's; without the folder, or with
rubbish in it, all is as exact and only slower.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import time
from collections.abc import Callable, Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import structlog
from django.conf import settings

from matchmaking import engine
from matchmaking.models import MatchRun, PolicyPreview, RunSnapshot

log = structlog.get_logger(__name__)

# Unpacking less than this is as quick as mapping it.
WORTH_SHARING = 1 << 20
KEPT_SECONDS = 24 * 60 * 60
HEAD = "head.json"
# The copies, and those that somebody is writing or was.
COPY_NAME = re.compile(r"[0-9a-f]{64}(\.[0-9a-f]{16})?")


def snapshot_of(run: MatchRun, *, beside: bool = False) -> engine.Snapshot:
    """The exact input of a run; of a preview also the input `beside` it, under the policy in force.

    Of an amendment: the input of the run it amends, with what has changed since.
    """
    if run.amends is not None:
        return _amended(run.pk, run.snapshot_digest, run.amends)
    return _snapshot(run.pk, run.snapshot_digest, beside=beside)


@lru_cache(maxsize=1)
def _amended(run_id: int, digest: str, base: MatchRun) -> engine.Snapshot:
    changes = engine.Changes.from_bytes(bytes(RunSnapshot.objects.get(run_id=run_id).content))
    found = changes.laid_over(snapshot_of(base))
    if found.digest() != digest:
        raise engine.SnapshotError("the stored changes are not those of this run")
    return found


@lru_cache(maxsize=1)
def _snapshot(run_id: int, digest: str, *, beside: bool) -> engine.Snapshot:
    """Kept for the shards that this process takes next."""
    if beside:
        # Its digest is kept nowhere: it is read twice, and then gone.
        return engine.Snapshot.from_bytes(bytes(PolicyPreview.objects.get(run_id=run_id).beside_snapshot))
    return shared(digest, lambda: bytes(RunSnapshot.objects.get(run_id=run_id).content))


def shared(digest: str, stored: Callable[[], bytes]) -> engine.Snapshot:
    """The snapshot of this digest: this machine's copy, or made of its stored bytes and then copied."""
    folder = _folder()
    found = _mapped(folder, digest) if folder else None
    if found is not None:
        return found
    content = stored()
    snapshot = engine.Snapshot.from_bytes(content)
    if folder is None or len(content) < WORTH_SHARING:
        return snapshot
    try:
        _sweep(folder)
        _write(folder, digest, snapshot)
    except OSError as error:
        log.warning("arrays_not_shared", folder=str(folder), error=str(error))
        return snapshot
    return _mapped(folder, digest) or snapshot


def forget(digests: Iterable[str]) -> None:
    """Remove the copies of these snapshots on this machine. Who has mapped one keeps it."""
    folder = _folder()
    if folder is not None:
        for digest in digests:
            shutil.rmtree(folder / digest, ignore_errors=True)


def _folder() -> Path | None:
    """The folder of the copies, ours alone; None where there is none."""
    if not settings.ARRAYS_FOLDER:
        return None
    folder = Path(settings.ARRAYS_FOLDER)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.lstat()
    except OSError as error:
        log.warning("arrays_not_shared", folder=str(folder), error=str(error))
        return None
    # What others may write, or have put there under this name, is not trusted.
    if stat.S_ISLNK(status.st_mode) or status.st_uid != os.getuid() or status.st_mode & 0o077:
        log.warning("arrays_not_shared", folder=str(folder), error="It is not this user's alone (0700).")
        return None
    return folder


def _mapped(folder: Path, digest: str) -> engine.Snapshot | None:
    """The copy, if it is there and whole; what is not whole is removed."""
    copy = folder / digest
    if not copy.exists():
        return None
    try:
        arrays = {path.stem: _map(path) for path in copy.glob("*.npy")}
        found = engine.Snapshot.from_parts((copy / HEAD).read_bytes(), arrays)
        if found.digest() == digest:
            return found
    except (OSError, ValueError, KeyError, TypeError):
        pass
    log.warning("copy_not_trusted", folder=str(copy))
    shutil.rmtree(copy, ignore_errors=True)
    return None


def _map(path: Path) -> npt.NDArray[Any]:
    # Writable as far as this process sees, so that compiled loops take it for any other array.
    return np.asarray(np.load(path, mmap_mode="c", allow_pickle=False))


def _write(folder: Path, digest: str, snapshot: engine.Snapshot) -> None:
    """Make the copy under a name of its own and rename it, so that it is there whole or not at all."""
    made = folder / f"{digest}.{secrets.token_hex(8)}"
    made.mkdir(mode=0o700)
    try:
        head, arrays = snapshot.to_parts()
        (made / HEAD).write_bytes(head)
        for name, array in arrays.items():
            np.save(made / f"{name}.npy", array, allow_pickle=False)
        made.rename(folder / digest)
    except OSError:
        # Full, or another process was first.
        shutil.rmtree(made, ignore_errors=True)
        if not (folder / digest).exists():
            raise


def _sweep(folder: Path) -> None:
    """Remove copies older than a day: those of runs that nobody merged here, and half-written ones."""
    for path in folder.iterdir():
        if COPY_NAME.fullmatch(path.name) and path.lstat().st_mtime < time.time() - KEPT_SECONDS:
            shutil.rmtree(path, ignore_errors=True)
