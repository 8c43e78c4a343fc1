"""What the register's tests share."""

import pytest

from alliances.services.reference import load_reference


@pytest.fixture
def reference(db: None) -> None:
    """Areas, topics, agencies and known alliances, as shipped."""
    load_reference()
