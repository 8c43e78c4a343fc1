"""Giving and taking back consent. Rows are only added; the newest a person and purpose counts."""

from __future__ import annotations

from django.db import transaction

from alliances.enums import ConsentPurpose, EventKind
from alliances.models import Consent, User
from alliances.services.events import EventDraft, record


def consent_give(
    user: User, purpose: ConsentPurpose, *, language: str, channel: str, text_version: str
) -> Consent:
    """Record that the person agreed to the text of this version. Agreeing to it again adds nothing."""
    return _say(True, user, purpose, language, channel, text_version)


def consent_withdraw(
    user: User, purpose: ConsentPurpose, *, language: str, channel: str, text_version: str
) -> Consent:
    """Record that the person takes consent back. Saying so again adds nothing."""
    return _say(False, user, purpose, language, channel, text_version)


@transaction.atomic
def _say(
    granted: bool, user: User, purpose: ConsentPurpose, language: str, channel: str, text_version: str
) -> Consent:
    # The person's row orders two words said at once.
    User.objects.select_for_update(no_key=True).get(pk=user.pk)
    newest = Consent.objects.filter(user=user, purpose=purpose).order_by("-id").first()
    if newest and newest.granted == granted and (not granted or newest.text_version == text_version):
        return newest
    said = Consent.objects.create(
        user=user,
        purpose=purpose,
        granted=granted,
        text_version=text_version,
        language=language,
        channel=channel,
    )
    kind = EventKind.CONSENT_GIVEN if granted else EventKind.CONSENT_WITHDRAWN
    record([EventDraft(None, kind, {"user": user.pk, "purpose": str(purpose)})], user)
    return said
