"""The curation desk of the service: policies, runs, recommendations, outbox, jurisdiction rules."""

from matchmaking.admin import (  # noqa: F401
    claims,
    introductions,
    jurisdiction,
    outbox,
    people,
    policies,
    recommendations,
    runs,
    sign_in,
)
