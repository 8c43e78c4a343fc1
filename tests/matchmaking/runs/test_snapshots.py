"""Copies of snapshots that a machine's processes share: trusted where they are whole, missed where not."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matchmaking import engine
from matchmaking.models import RunSnapshot
from matchmaking.services import rankings, runs, snapshots
from matchmaking.services.policies import active_policy
from tests.engine.cases import random_constraints, random_profiles
from tests.engine.cases import snapshot_of as made_of
from tests.matchmaking.runs.conftest import complete_run, lists_hash
from tests.registers import make_register

PROFILES = random_profiles(3, 30, 40)


@pytest.fixture
def folder(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the copies go, also those of small snapshots."""
    settings.ARRAYS_FOLDER = str(tmp_path / "arrays")
    monkeypatch.setattr(snapshots, "WORTH_SHARING", 0)
    snapshots._snapshot.cache_clear()
    return tmp_path / "arrays"


@pytest.fixture
def snapshot() -> engine.Snapshot:
    return made_of(PROFILES, constraints=random_constraints(PROFILES, 1))


def nobody_unpacks() -> bytes:
    raise AssertionError("the stored bytes were asked for")


def is_mapped(snapshot: engine.Snapshot) -> bool:
    base: Any = snapshot.us.text
    while base is not None and not isinstance(base, np.memmap):
        base = getattr(base, "base", None)
    return base is not None


def test_the_first_process_makes_the_copy_and_the_others_map_it(
    folder: Path, snapshot: engine.Snapshot
) -> None:
    digest = snapshot.digest()
    first = snapshots.shared(digest, snapshot.to_bytes)
    second = snapshots.shared(digest, nobody_unpacks)
    assert [path.name for path in folder.iterdir()] == [digest]
    assert folder.stat().st_mode & 0o777 == 0o700
    for found in (first, second):
        assert is_mapped(found)
        assert found.digest() == digest
        assert found.us_codes == snapshot.us_codes
        expected, got = engine.rank_all(snapshot), engine.rank_all(found)
        assert (got[0].tobytes(), got[1].tobytes(), got[2]) == (
            expected[0].tobytes(),
            expected[1].tobytes(),
            expected[2],
        )
    # What a process writes into its arrays stays its own.
    second.us.text[:] = 0
    assert snapshots.shared(digest, nobody_unpacks).digest() == digest


def spoil_a_number(copy: Path) -> None:
    path = copy / "us.text.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def cut_a_file(copy: Path) -> None:
    path = copy / "us.text.npy"
    path.write_bytes(path.read_bytes()[:-10])


def lose_a_file(copy: Path) -> None:
    (copy / "cn.needs.npy").unlink()


def lose_the_head(copy: Path) -> None:
    (copy / snapshots.HEAD).write_text("{")


def put_another(copy: Path) -> None:
    head, arrays = made_of(PROFILES[:-1]).to_parts()
    (copy / snapshots.HEAD).write_bytes(head)
    for name, array in arrays.items():
        np.save(copy / f"{name}.npy", array)


def put_objects(copy: Path) -> None:
    np.save(copy / "us.text.npy", np.array([{}], dtype=object), allow_pickle=True)


@pytest.mark.parametrize(
    "spoil", [spoil_a_number, cut_a_file, lose_a_file, lose_the_head, put_another, put_objects]
)
def test_a_copy_that_is_not_whole_is_made_again(folder: Path, snapshot: engine.Snapshot, spoil: Any) -> None:
    digest = snapshot.digest()
    snapshots.shared(digest, snapshot.to_bytes)
    spoil(folder / digest)
    assert snapshots.shared(digest, snapshot.to_bytes).digest() == digest
    assert is_mapped(snapshots.shared(digest, nobody_unpacks))


@pytest.mark.parametrize("kind", ["nowhere", "a_file", "open_to_others", "a_link", "not_writable"])
def test_without_a_folder_of_its_own_it_unpacks(
    folder: Path, snapshot: engine.Snapshot, settings: Any, kind: str
) -> None:
    if kind == "nowhere":
        settings.ARRAYS_FOLDER = ""
    elif kind == "a_file":
        folder.write_text("")
    elif kind == "open_to_others":
        folder.mkdir(mode=0o755)
    elif kind == "a_link":
        (folder.parent / "elsewhere").mkdir(mode=0o700)
        folder.symlink_to(folder.parent / "elsewhere")
    else:
        settings.ARRAYS_FOLDER = "/proc/arrays"
    digest = snapshot.digest()
    for _process in range(2):
        found = snapshots.shared(digest, snapshot.to_bytes)
        assert found.digest() == digest
        assert not is_mapped(found)
    snapshots.forget([digest])
    assert not folder.is_dir() or list(folder.iterdir()) == []


def test_a_full_disk_leaves_nothing_and_costs_only_time(
    folder: Path, snapshot: engine.Snapshot, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(np, "save", full)
        assert snapshots.shared(snapshot.digest(), snapshot.to_bytes).digest() == snapshot.digest()
    assert list(folder.iterdir()) == []


def test_of_two_that_copy_at_once_the_second_takes_the_firsts(
    folder: Path, snapshot: engine.Snapshot
) -> None:
    digest = snapshot.digest()

    def stored() -> bytes:
        snapshots._write(folder, digest, snapshot)
        return snapshot.to_bytes()

    assert is_mapped(snapshots.shared(digest, stored))
    assert [path.name for path in folder.iterdir()] == [digest]


def test_what_is_older_than_a_day_goes_and_nothing_else(folder: Path, snapshot: engine.Snapshot) -> None:
    folder.mkdir(mode=0o700)
    yesterday = time.time() - snapshots.KEPT_SECONDS - 60
    names = ["0" * 64, "1" * 64 + "." + "2" * 16, "3" * 64, "papers"]
    for name in names:
        (folder / name).mkdir()
        if name != "3" * 64:
            os.utime(folder / name, (yesterday, yesterday))
    snapshots.shared(snapshot.digest(), snapshot.to_bytes)
    assert {path.name for path in folder.iterdir()} == {"3" * 64, "papers", snapshot.digest()}


@pytest.mark.django_db
def test_runs_share_their_arrays_until_their_lists_go(folder: Path) -> None:
    make_register(20, 20, seed=5)
    made = []
    for top_k in range(2, 7):
        made.append(complete_run(top_k=top_k))
        snapshots._snapshot.cache_clear()
    kept = {run.snapshot_digest for run in made[-rankings.KEPT_RUNS :]}
    assert {path.name for path in folder.iterdir()} == kept


@pytest.mark.django_db
def test_a_run_from_copies_is_a_run_from_stored_bytes(folder: Path, settings: Any) -> None:
    make_register(20, 20, seed=6)
    one = complete_run()
    snapshots._snapshot.cache_clear()
    run = runs.run_request(active_policy())
    assert is_mapped(snapshots.snapshot_of(run))
    settings.ARRAYS_FOLDER = ""
    snapshots._snapshot.cache_clear()
    other = complete_run()
    assert not is_mapped(snapshots.snapshot_of(other))
    assert lists_hash(other) == lists_hash(one)
    stored = engine.Snapshot.from_bytes(bytes(RunSnapshot.objects.get(run=other).content))
    assert stored.digest() == one.snapshot_digest == other.snapshot_digest
