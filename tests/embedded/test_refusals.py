"""What the embedded servers say when they cannot start: the cause and the remedy, and nothing is touched."""

from pathlib import Path

import pytest

from matchmaking.embedded import EmbeddedError, EmbeddedServers, embedded_servers, home, servers
from matchmaking.embedded.__main__ import main
from tests.embedded.users import run_script


def refusal(path: Path) -> str:
    with pytest.raises(EmbeddedError) as caught:
        EmbeddedServers(path, lasting=False).start()
    return str(caught.value)


def test_a_foreign_folder_is_left_alone(folder: Path) -> None:
    foreign = folder / "home"
    foreign.mkdir(mode=0o755)
    (foreign / "letters.txt").write_text("mine")
    assert refusal(foreign) == (
        f"{foreign} exists and was not made by the embedded servers, so it is left alone. "
        "Move it away, or name another folder."
    )
    assert [path.name for path in foreign.iterdir()] == ["letters.txt"]
    with pytest.raises(EmbeddedError):
        home.Home(foreign, None).remove()
    assert (foreign / "letters.txt").read_text() == "mine"


def test_a_missing_parent_folder(folder: Path) -> None:
    path = folder / "missing" / "home"
    assert refusal(path) == f"The folder {path} cannot be made: No such file or directory."


def test_a_wrong_pg_bin(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", str(folder))
    assert refusal(folder / "home") == (
        f"PG_BIN is {str(folder)!r}, without initdb and postgres in it. Correct or unset it."
    )


@pytest.mark.parametrize(
    ("program", "wording"), [("find_postgres", "PostgreSQL"), ("find_valkey", "Valkey server")]
)
def test_nothing_installed(program: str, wording: str) -> None:
    code = """
from matchmaking.embedded import binaries
import os
sys.path[:] = [path for path in sys.path if "site-packages" not in path]
os.environ["PATH"] = "/nowhere"
try:
    getattr(binaries, sys.argv[1])()
except EmbeddedError as error:
    print(error)
"""
    said, errors = run_script(code, program).communicate(timeout=30)
    assert errors == ""
    assert said.strip() == (
        f"No {wording} is installed here. Run `make demo`, which installs it, "
        "or set DATABASE_URL and REDIS_URL to servers of your own."
    )


def test_a_full_disk(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "LEAST_FREE_BYTES", 10**18)
    said = refusal(folder / "home")
    assert said.startswith(f"The disk that holds {folder / 'home'} is full: ")
    assert said.endswith(" 1000000000000 MB are needed. Free some space.")


def test_a_socket_path_that_is_too_long(folder: Path) -> None:
    deep = folder / ("x" * 90)
    deep.mkdir()
    with pytest.raises(EmbeddedError, match=r"is longer than the 103 bytes the system allows\."):
        EmbeddedServers(folder / "home", sockets_in=deep).start()
    assert list(deep.iterdir()) == []


def test_damaged_data_are_shown_with_the_servers_own_words(folder: Path) -> None:
    with embedded_servers(folder / "home") as running:
        data = running.broker_data.with_name("postgres")
    (data / "global" / "pg_control").unlink()
    said = refusal(folder / "home")
    assert said.startswith(
        f"postgres does not start. The end of {folder / 'home' / 'logs' / 'postgres.log'}:\n"
    )
    assert "could not find the database system" in said


def test_data_of_another_version(folder: Path) -> None:
    with embedded_servers(folder / "home") as running:
        data = running.broker_data.with_name("postgres")
    (data / "PG_VERSION").write_text("14\n")
    said = refusal(folder / "home")
    assert said.startswith(f"The data in {data} are of PostgreSQL 14, and ")
    assert said.endswith(f"Set PG_BIN to a folder of version 14, or remove {folder / 'home'} to start empty.")


def test_a_name_that_is_no_databases(folder: Path) -> None:
    with pytest.raises(EmbeddedError, match="is not a name for a database"):
        EmbeddedServers(folder / "home").create_database('x"; DROP')


def test_remove_waits_for_nobody_and_takes_everything(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "home"
    monkeypatch.setattr("sys.argv", ["embedded", "remove", str(path)])
    main()  # nothing there is nothing to do
    with embedded_servers(path), pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == f"The servers in {path} are in use. Stop what uses them first.\n"
    main()
    assert list(folder.iterdir()) == []
