"""Statement vectors: made in bulk when a text or the model changes, kept beside the organization."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog
from celery.exceptions import SoftTimeLimitExceeded

from alliances.models import Organization
from matchmaking.datasource import statement_hash, statement_of
from matchmaking.embedding import embedder
from matchmaking.engine import Embedder, quantise
from matchmaking.models import StatementVector

log = structlog.get_logger(__name__)

# Embedded and saved together: what is done stays done where a later one fails or the time is up.
BATCH = 256


def refresh_statements(ids: Collection[int] | None = None) -> str | None:
    """Embed the statements that changed since their vectors were made, of all or of these organizations.

    Returns the hash of the model in use.

    None where the model is missing or fails: text is unknown to the run then, and nothing else changes but
    that the statements embedded before it failed stay. SoftTimeLimitExceeded passes.
    """
    encoder = embedder()
    if encoder is None:
        return None
    vectors = StatementVector.objects.filter(model_hash=encoder.model_hash)
    written = Organization.objects.order_by("code")
    if ids is not None:
        vectors, written = vectors.filter(organization__in=ids), written.filter(pk__in=ids)
    known = {row.organization_id: row.text_hash for row in vectors.only("text_hash")}
    changed: dict[int, str] = {}
    for key, english, chinese in written.values_list("pk", "summary_en", "summary_zh"):
        text = statement_of(english, chinese)
        if text and known.get(key) != statement_hash(text):
            changed[key] = text
    waiting = list(changed.items())
    try:
        for start in range(0, len(waiting), BATCH):
            _save_vectors(encoder, waiting[start : start + BATCH])
    except SoftTimeLimitExceeded:
        raise
    except Exception:
        log.exception("statements_not_embedded", organizations=len(changed))
        return None
    if changed:
        log.info("statements_embedded", organizations=len(changed))
    return encoder.model_hash


def _save_vectors(encoder: Embedder, statements: Sequence[tuple[int, str]]) -> None:
    vectors = quantise(encoder.embed([text for _key, text in statements]))
    StatementVector.objects.bulk_create(
        (
            StatementVector(
                organization_id=key,
                text_hash=statement_hash(text),
                model_hash=encoder.model_hash,
                vector=vector.tobytes(),
            )
            for (key, text), vector in zip(statements, vectors, strict=True)
        ),
        update_conflicts=True,
        unique_fields=["organization"],
        update_fields=["text_hash", "model_hash", "vector"],
    )
