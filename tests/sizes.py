"""One switch for the size of the suite: TEST_SIZE=small|ci|full. A test may shrink, never disappear."""

import os

NAMES = ("small", "ci", "full")
TEST_SIZE = os.environ.get("TEST_SIZE", "small")
if TEST_SIZE not in NAMES:
    raise ValueError(f"TEST_SIZE is {TEST_SIZE!r}; it must be one of {', '.join(NAMES)}.")


def size(*, small: int, ci: int, full: int) -> int:
    """The figure for this run of the suite."""
    return {"small": small, "ci": ci, "full": full}[TEST_SIZE]
