"""The register's tables."""

from alliances.models.account import Consent, TeamMember, User
from alliances.models.alliance import (
    Agency,
    AllianceAddress,
    AllianceLink,
    AllianceMembership,
    AlliancePatron,
    ReferenceAlliance,
)
from alliances.models.assessment import Assessment
from alliances.models.details import AllianceDetails, FirmDetails, FirmReference
from alliances.models.event import RegisterEvent
from alliances.models.import_file import ImportFile
from alliances.models.organization import Alliance, City, Firm, Organization
from alliances.models.place import ReferenceCity
from alliances.models.screening import (
    ScreeningDecision,
    ScreeningEntry,
    ScreeningHit,
    ScreeningKey,
    ScreeningList,
)
from alliances.models.team import TeamClaim, TeamInvitation
from alliances.models.topic import ChallengeArea, Need, Offer, Topic

__all__ = [
    "Agency",
    "Alliance",
    "AllianceAddress",
    "AllianceDetails",
    "AllianceLink",
    "AllianceMembership",
    "AlliancePatron",
    "Assessment",
    "ChallengeArea",
    "City",
    "Consent",
    "Firm",
    "FirmDetails",
    "FirmReference",
    "ImportFile",
    "Need",
    "Offer",
    "Organization",
    "ReferenceAlliance",
    "ReferenceCity",
    "RegisterEvent",
    "ScreeningDecision",
    "ScreeningEntry",
    "ScreeningHit",
    "ScreeningKey",
    "ScreeningList",
    "TeamClaim",
    "TeamInvitation",
    "TeamMember",
    "Topic",
    "User",
]
