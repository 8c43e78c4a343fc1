"""Introductions leave by email: the same server as the mail tests have."""

from tests.matchmaking.mail.conftest import server

__all__ = ["server"]
