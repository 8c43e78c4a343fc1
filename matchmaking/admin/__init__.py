"""The curation desk of the service: policies, runs, recommendations, outbox."""

from matchmaking.admin import claims, introductions, outbox, policies, recommendations, runs, sign_in  # noqa: F401
