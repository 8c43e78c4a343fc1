"""Folders to try the servers in: one that everybody may pass through, one that is closed to all but us."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """pytest's own `tmp_path` lies below a folder that only its owner may enter."""
    made = Path(tempfile.mkdtemp(prefix="mm-try-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def private_folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="mm-try-", dir="/tmp"))
    yield made
    shutil.rmtree(made, ignore_errors=True)


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs the servers as another user")
