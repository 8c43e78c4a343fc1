"""The curation desk of the service: policies, runs, recommendations, outbox."""

from matchmaking.admin import (  # noqa: F401
    claims,
    introductions,
    outbox,
    people,
    policies,
    recommendations,
    runs,
    sign_in,
)
