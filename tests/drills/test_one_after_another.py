"""Drills run one after another: the mark that says so does it with the versions in use."""

import subprocess
import sys
from pathlib import Path

GROUPED = """
import os
import pytest

@pytest.mark.xdist_group("drill")
@pytest.mark.parametrize("number", range(6))
def test_names_its_worker(number, request):
    with open(request.config.rootpath / "workers", "a") as workers:
        workers.write(os.environ["PYTEST_XDIST_WORKER"] + " ")
"""


def test_a_group_has_one_worker(tmp_path: Path) -> None:
    (tmp_path / "test_grouped.py").write_text(GROUPED)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "no:django", "-n", "2", "--dist", "loadgroup"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    workers = (tmp_path / "workers").read_text().split()
    assert len(workers) == 6
    assert len(set(workers)) == 1
