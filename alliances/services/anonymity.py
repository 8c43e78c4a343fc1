"""Whether an organization is named to those it is recommended to, or anonymous until it agrees."""

from __future__ import annotations

from django.db import transaction

from alliances.enums import EventKind
from alliances.models import Organization, User
from alliances.services.events import EventDraft, record
from alliances.services.history import record_history
from alliances.services.register import hold_for_edit


@transaction.atomic
def shows_name_set(organization: Organization, shows_name: bool, *, actor: User) -> None:
    """Show the name at once, or a description until the organization agrees. PermissionDenied: may not edit.

    To whom it has shown its name by an answer or by itself, it stays named.
    """
    held = hold_for_edit(organization, actor)
    if held.shows_name == shows_name:
        return
    held.shows_name = shows_name
    held.save(update_fields=["shows_name", "updated_at"])
    record_history([held], "~", actor, "profile")
    record([EventDraft(held.pk, EventKind.UPDATED, {"fields": ["shows_name"]})], actor)
