"""A worker app that has forgotten that bulk mail is never sent twice: what the drills must fail without."""

import django

from matchmaking.celery import app

django.setup()

from matchmaking.enums import EmailState  # noqa: E402  after the set-up that its models need
from matchmaking.services import leases  # noqa: E402

object.__setattr__(leases.MAILS, "expired", EmailState.QUEUED)

__all__ = ["app"]
