"""The curation desk of the service: work queue, policies, runs, recommendations, outbox, jurisdiction."""

from matchmaking.admin import (  # noqa: F401
    bulk_moves,
    claims,
    introductions,
    jurisdiction,
    list_imports,
    outbox,
    people,
    policies,
    recommendations,
    runs,
    sign_in,
    tokens,
    webhooks,
    work,
)
