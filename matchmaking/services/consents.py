"""What people agree to here, by the version of the text that they read. A changed text gets a new version."""

from __future__ import annotations

from alliances.enums import ConsentPurpose, Country
from alliances.models import User
from alliances.selectors import has_consent
from alliances.services.consent import consent_give, consent_withdraw
from matchmaking.services.suppressions import welcome_back

TEXT_VERSIONS = {
    ConsentPurpose.ACCOUNT: "terms-2",
    ConsentPurpose.DIGEST: "digest-1",
    ConsentPurpose.INTRODUCTION: "introduction-2",
    ConsentPurpose.CROSS_BORDER: "cross-border-2",
}


def consents_of(user: User) -> dict[ConsentPurpose, bool]:
    """What this person may agree to and take back, and whether they do. The terms end with the account; the
    transfer out of China concerns people there.
    """
    in_china = user.team_memberships.filter(organization__country=Country.CN).exists()
    return {
        purpose: has_consent(user, purpose)
        for purpose in TEXT_VERSIONS
        if purpose != ConsentPurpose.ACCOUNT and (in_china or purpose != ConsentPurpose.CROSS_BORDER)
    }


def consent_set(user: User, purpose: ConsentPurpose, granted: bool, *, channel: str) -> None:
    """Record the person's word on one purpose, given through `channel`. Said twice, it is one word."""
    say = consent_give if granted else consent_withdraw
    say(user, purpose, language=user.language, channel=channel, text_version=TEXT_VERSIONS[purpose])
    if granted and purpose == ConsentPurpose.DIGEST:
        welcome_back(user)
