"""The curation desk of the service: policies, runs, recommendations, outbox."""

from matchmaking.admin import introductions, outbox, policies, recommendations, runs, sign_in  # noqa: F401
