"""The curation desk of the service: policies, runs, recommendations, outbox."""

from matchmaking.admin import outbox, policies, recommendations, runs  # noqa: F401
