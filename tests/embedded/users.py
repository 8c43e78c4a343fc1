"""Runs a piece of Python that uses the embedded servers in a process of its own, also as another user."""

import os
import pwd
import subprocess
import sys
import sysconfig
from pathlib import Path

from matchmaking.embedded.binaries import can_use
from matchmaking.embedded.processes import Account

PROJECT = Path(__file__).resolve().parents[2]
PACKAGES = Path(sysconfig.get_paths()["purelib"])
HEAD = f"""
import sys
sys.path[:0] = [{str(PROJECT)!r}, {str(PACKAGES)!r}]
from pathlib import Path
from matchmaking.embedded import *
"""


def nobody() -> Account:
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def python_for(account: Account) -> Path | None:
    """A Python of at least our version that this user can run with the project and its packages."""
    if not (can_use(PROJECT / "matchmaking", account) and can_use(PACKAGES, account)):
        return None
    for place in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        if not Path(place).exists() or not can_use(Path(place), account):
            continue
        question = "import sys; print(sys.version_info >= (3, 11))"
        found = subprocess.run([place, "-c", question], capture_output=True, check=False)
        if found.stdout.strip() == b"True":
            return Path(place)
    return None


def run_script(
    code: str, *arguments: str | Path, python: Path | str = sys.executable, account: Account | None = None
) -> subprocess.Popen[str]:
    """Starts it; standard output and error are pipes. `-S` keeps the packages' start-up code away."""
    return subprocess.Popen(
        [python, "-S", "-c", HEAD + code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env={"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1"},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
