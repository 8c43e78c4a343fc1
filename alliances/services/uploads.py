"""Uploaded files between their preview and their import: the uploading curator's own, for an hour."""

from __future__ import annotations

import hashlib
from datetime import timedelta

from django.db.models import QuerySet
from django.db.models.functions import Now

from alliances.models import ImportFile, User

KEPT_FOR = timedelta(hours=1)


def digest_of(content: bytes) -> str:
    """The name of a content: SHA-256 in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def keep_upload(content: bytes, *, name: str, user: User) -> ImportFile:
    """Keep a file for its curator; the same content again stays one row and its hour begins anew."""
    drop_old_uploads()
    upload, _created = ImportFile.objects.update_or_create(
        uploaded_by=user,
        digest=digest_of(content),
        defaults={"content": content, "name": name[-200:], "uploaded_at": Now()},
    )
    return upload


def kept_uploads(user: User) -> QuerySet[ImportFile]:
    """The files that this person uploaded within the hour."""
    return ImportFile.objects.filter(uploaded_by=user, uploaded_at__gte=Now() - KEPT_FOR)


def drop_old_uploads() -> int:
    """Delete every upload that is past its hour; how many these were."""
    deleted, _per_model = ImportFile.objects.filter(uploaded_at__lt=Now() - KEPT_FOR).delete()
    return deleted
