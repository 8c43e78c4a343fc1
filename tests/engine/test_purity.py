"""The engine stands alone: no framework, no clock, no environment."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "matchmaking" / "engine"


def test_importing_the_engine_loads_no_framework() -> None:
    program = (
        "import sys, matchmaking.engine\n"
        "banned = ('django', 'rest_framework', 'celery', 'alliances', 'psycopg', 'redis')\n"
        "print(sorted(name for name in sys.modules if name.partition('.')[0] in banned))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_engine_reads_no_clock_environment_files_or_chance() -> None:
    allowed = {
        "__future__", "bisect", "collections", "concurrent", "dataclasses", "datetime", "functools",
        "hashlib", "heapq", "json", "llvmlite", "math", "matchmaking", "numba", "numpy", "threading",
        "threadpoolctl", "typing", "zlib",
    }  # fmt: skip
    imported: set[str] = set()
    called: set[str] = set()
    for path in ENGINE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add((node.module or "").partition(".")[0])
            elif isinstance(node, ast.Attribute):
                called.add(node.attr)
            elif isinstance(node, ast.Name):
                called.add(node.id)
    assert imported == allowed
    assert called & {"today", "now", "utcnow", "random", "open", "environ", "getenv", "print"} == set()
