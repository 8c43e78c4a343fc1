"""The folder that holds what the embedded servers keep: data, logs, mailbox, key. Ours by its marker."""

import contextlib
import fcntl
import os
import pwd
import secrets
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from matchmaking.embedded.binaries import can_pass
from matchmaking.embedded.processes import Account, EmbeddedError, read_json, write_json

MARKER = "made-by-matchmaking"
MARKER_TEXT = "The embedded servers of this project made this folder and may delete what is in it.\n"
# Socket addresses hold 104 bytes on macOS and 108 on Linux, the closing NUL included.
SOCKET_PATH_LIMIT = 103
SOCKETS_IN = Path("/tmp")  # noqa: S108  mkdtemp makes a private folder there; elsewhere paths grow too long
OUTSIDE_IN = Path("/var/tmp")  # noqa: S108  as above; unlike /tmp it outlives a restart of the machine

PROJECT = Path(__file__).resolve().parents[2]


def home_folder() -> Path:
    """Where demo and commands keep what they start: EMBEDDED_HOME, else `.embedded` in the project."""
    return Path(os.environ.get("EMBEDDED_HOME") or PROJECT / ".embedded")


def server_account() -> Account | None:
    """Whom the servers run as: ourselves (None), or `nobody` where we are root, which PostgreSQL refuses."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedError(
            "PostgreSQL does not run as root, and this machine has no user `nobody` to run it as. "
            "Run this as an ordinary user."
        ) from None
    return Account(entry.pw_uid, entry.pw_gid)


class Home:
    """One folder, made by us or refused.

    `place` is where the servers' data lie: the folder itself, or, where the servers' user cannot reach it
    (root in a private folder), one made for the purpose under /var/tmp. No permission of a folder that was
    there before is ever changed.
    """

    def __init__(self, path: Path, account: Account | None, sockets_in: Path = SOCKETS_IN) -> None:
        self.path = path.absolute()
        self.account = account
        self.sockets_in = sockets_in

    def open(self) -> None:
        """Makes the folder, or checks that the one there is ours. Raises EmbeddedError."""
        if not self.path.exists():
            self._make()
        if not (self.path / MARKER).is_file():
            raise EmbeddedError(
                f"{self.path} exists and was not made by the embedded servers, so it is left alone. "
                "Move it away, or name another folder."
            )
        owner = self.path.stat().st_uid
        if owner != os.geteuid():
            raise EmbeddedError(
                f"{self.path} was made by user {owner}, and this is user {os.geteuid()}. "
                "Run this as that user, or remove the folder."
            )

    def _make(self) -> None:
        part = self.path.with_name(f"{self.path.name}.{os.getpid()}.part")
        try:
            part.mkdir()
            # The servers' user must get through to its data, no further.
            part.chmod(0o711 if self.account else 0o700)
            (part / MARKER).write_text(MARKER_TEXT, encoding="utf-8")
            part.rename(self.path)
        except OSError as error:
            shutil.rmtree(part, ignore_errors=True)
            if not (self.path / MARKER).is_file():  # else another process was quicker
                raise EmbeddedError(f"The folder {self.path} cannot be made: {error.strerror}.") from error

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Only one process at a time starts or stops servers here."""
        with (self.path / "lock").open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def place(self) -> Path:
        """The folder that holds the servers' data. Call with the lock held."""
        outside = self._recorded("outside")
        if outside is not None and self._is_ours(outside, os.geteuid()):
            return outside
        if self.account is None or can_pass(self.path, self.account):
            return self.path
        if (self.path / "postgres").exists():
            raise EmbeddedError(
                f"User {self.account.uid}, as which the servers run, can no longer reach their data in "
                f"{self.path}. Open the folders above it again, or remove it to start empty."
            )
        outside = self._make_folder("mm-data-", OUTSIDE_IN)
        outside.chmod(0o711)
        self._record("outside", outside)
        return outside

    def sockets(self) -> Path:
        """The servers' private folder for sockets, with a short path. Call with the lock held."""
        user = self.account.uid if self.account else os.geteuid()
        folder = self._recorded("sockets")
        if folder is None or not self._is_ours(folder, user):
            folder = self._make_folder("mm-", self.sockets_in)
            if self.account:
                os.chown(folder, self.account.uid, self.account.gid)
            self._record("sockets", folder)
        longest = folder / ".s.PGSQL.5432"
        if len(os.fsencode(longest)) > SOCKET_PATH_LIMIT:
            shutil.rmtree(folder, ignore_errors=True)
            raise EmbeddedError(
                f"The socket path {longest} is longer than the {SOCKET_PATH_LIMIT} bytes the system allows. "
                "Name a folder with a shorter path."
            )
        return folder

    def data(self, name: str) -> Path:
        """An empty or existing folder under `place`, owned by the servers' user and closed to all others."""
        folder = self.place() / name
        try:
            folder.mkdir(mode=0o700, exist_ok=True)
            if self.account:
                os.chown(folder, self.account.uid, self.account.gid)
        except OSError as error:
            raise EmbeddedError(f"The folder {folder} cannot be made: {error.strerror}.") from error
        return folder

    def forget_sockets(self) -> None:
        folder = self._recorded("sockets")
        if folder is not None and self._is_ours(folder, self.account.uid if self.account else os.geteuid()):
            shutil.rmtree(folder, ignore_errors=True)

    def remove(self) -> None:
        """Deletes the folder and what lies outside of it. Only a folder with our marker."""
        self.open()
        outside = self._recorded("outside")
        if outside is not None and self._is_ours(outside, os.geteuid()):
            shutil.rmtree(outside, ignore_errors=True)
        self.forget_sockets()
        shutil.rmtree(self.path, ignore_errors=True)

    def _make_folder(self, prefix: str, place: Path) -> Path:
        try:
            return Path(tempfile.mkdtemp(prefix=prefix, dir=place))
        except OSError as error:
            raise EmbeddedError(f"No folder can be made in {place}: {error.strerror}.") from error

    def _recorded(self, key: str) -> Path | None:
        value = read_json(self.path / "folders.json").get(key)
        return Path(value) if isinstance(value, str) else None

    def _record(self, key: str, folder: Path) -> None:
        write_json(self.path / "folders.json", {**read_json(self.path / "folders.json"), key: str(folder)})

    @staticmethod
    def _is_ours(folder: Path, user: int) -> bool:
        """Still there and nobody else's: in a shared folder a name may have changed hands."""
        try:
            status = folder.lstat()
        except OSError:
            return False
        return stat.S_ISDIR(status.st_mode) and status.st_uid == user and not status.st_mode & 0o022


def secret_key(home: Path) -> str:
    """The random key kept beside the data (mode 0600); made at the first call."""
    path = home / "secret.key"
    if not path.exists():
        number, part = tempfile.mkstemp(dir=home)
        with os.fdopen(number, "w") as file:
            file.write(secrets.token_urlsafe(50))
        with contextlib.suppress(FileExistsError):
            os.link(part, path)  # fails where another process was quicker, and keeps that one's key
        Path(part).unlink()
    return path.read_text(encoding="ascii")
