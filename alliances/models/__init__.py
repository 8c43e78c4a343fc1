"""The register's tables."""

from alliances.models.account import Consent, TeamMember, User
from alliances.models.alliance import Agency, AllianceMembership, AlliancePatron, ReferenceAlliance
from alliances.models.event import RegisterEvent
from alliances.models.import_file import ImportFile
from alliances.models.organization import Alliance, City, Firm, Organization
from alliances.models.topic import ChallengeArea, Need, Offer, Topic

__all__ = [
    "Agency",
    "Alliance",
    "AllianceMembership",
    "AlliancePatron",
    "ChallengeArea",
    "City",
    "Consent",
    "Firm",
    "ImportFile",
    "Need",
    "Offer",
    "Organization",
    "ReferenceAlliance",
    "RegisterEvent",
    "TeamMember",
    "Topic",
    "User",
]
