"""The register's vocabularies: stored values in snake_case, labels in the reader's language."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class Country(TextChoices):
    US = "US", _("United States")
    CN = "CN", _("China")


class Kind(TextChoices):
    CITY = "city", _("City")
    FIRM = "firm", _("Firm")
    ALLIANCE = "alliance", _("Alliance")


class Subtype(TextChoices):
    PORT = "port", _("Port")
    UTILITY = "utility", _("Utility")
    TRANSIT_AGENCY = "transit_agency", _("Transit agency")
    AGENCY = "agency", _("Agency")
    UNIVERSITY = "university", _("University")
    RESEARCH_INSTITUTE = "research_institute", _("Research institute")
    HOSPITAL = "hospital", _("Hospital")
    NGO = "ngo", _("Non-governmental organization")
    ZONE = "zone", _("Development zone")
    STATE_PROVINCE = "state_province", _("State or province")
    INVESTOR = "investor", _("Investor")


class OrganizationState(TextChoices):
    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    CHANGES_REQUESTED = "changes_requested", _("Changes requested")
    ON_HOLD = "on_hold", _("On hold")
    APPROVED = "approved", _("Approved")
    SUSPENDED = "suspended", _("Suspended")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    REJECTED = "rejected", _("Rejected")


class ReadyReason(TextChoices):
    """What a reviewer most often asks for or objects to, as its organization reads it in its own language."""

    NOT_MEASURABLE = (
        "not_measurable",
        _("State what you need or offer so that it can be measured: who, where, from what to what, by when."),
    )
    IDENTITY_NOT_SHOWN = (
        "identity_not_shown",
        _("Show who you are: give a registration number, or a website that names you."),
    )
    SIZE_MISSING = (
        "size_missing",
        _("State your size: how many people live there, or how many staff you have."),
    )
    SUMMARY_UNCLEAR = (
        "summary_unclear",
        _("Describe what you do so that somebody who does not know you understands it."),
    )
    EXPECTATIONS_MISSING = (
        "expectations_missing",
        _("Say whom you look for, and what kind of work you want to do together."),
    )
    DUPLICATE = (
        "duplicate",
        _("Your organization is in the register already. Ask to join its team instead."),
    )
    OUT_OF_SCOPE = (
        "out_of_scope",
        _("What you need or offer is outside of the seven challenge areas."),
    )


class PopulationBasis(TextChoices):
    URBAN = "urban", _("Urban area")
    CITY_PROPER = "city_proper", _("City proper")
    MUNICIPALITY = "municipality", _("Municipality")
    METRO = "metro", _("Metropolitan area")
    GEONAMES = "geonames", _("GeoNames figure")
    OTHER = "other", _("Other")


class SizeBand(TextChoices):
    """Staff, lower bound included."""

    SMALL = "small", _("Small (under 250 staff)")
    MEDIUM = "medium", _("Medium (250 to 4,999 staff)")
    LARGE = "large", _("Large (5,000 to 49,999 staff)")
    VERY_LARGE = "very-large", _("Very large (50,000 staff or more)")


class WorkingLanguage(TextChoices):
    ENGLISH = "en", _("English")
    CHINESE = "zh", _("Chinese")


class PartnershipType(TextChoices):
    TECHNICAL_COOPERATION = "technical_cooperation", _("Technical cooperation")
    COMMERCIAL_WITH_ASSISTANCE = "commercial_with_assistance", _("Commercial with technical assistance")
    MANUFACTURING = "manufacturing", _("Manufacturing")
    JOINT_RESEARCH = "joint_research", _("Joint research")
    CONSORTIUM_PROJECT = "consortium_project", _("Project or consortium")
    INVESTMENT = "investment", _("Investment")
    PILOT = "pilot", _("Pilot or testbed")
    PEER_LEARNING = "peer_learning", _("Peer learning or staff exchange")
    SISTER_TIE = "sister_tie", _("Sister or friendship tie")
    MEMORANDUM = "memorandum", _("Memorandum")
    STANDARDS_WORK = "standards_work", _("Standards work")
    TRADE_INTERMEDIARY = "trade_intermediary", _("Distributor or supplier")
    FRANCHISE = "franchise", _("Franchise")
    JOINT_VENTURE = "joint_venture", _("Joint venture")
    MERGER = "merger", _("Merger or share exchange")
    SALE = "sale", _("Sale or acquisition")
    RECIPROCAL_PRODUCTION = "reciprocal_production", _("Reciprocal production")
    SUBCONTRACTING = "subcontracting", _("Subcontracting")
    LOGISTICS = "logistics", _("Transport and logistics")
    LICENCE = "licence", _("Licence")


class Stage(TextChoices):
    CONCEPT = "concept", _("Concept")
    IN_DEVELOPMENT = "in_development", _("In development")
    PROTOTYPE = "prototype", _("Prototype for demonstration")
    FIELD_TESTED = "field_tested", _("Field tested")
    ON_MARKET = "on_market", _("On the market")
    REPLICATED = "replicated", _("Already replicated")


class Horizon(TextChoices):
    """Months until results are wanted."""

    UNDER_6 = "under_6", _("Under 6 months")
    FROM_6_TO_12 = "6_to_12", _("6 to 12 months")
    FROM_12_TO_18 = "12_to_18", _("12 to 18 months")
    FROM_18_TO_36 = "18_to_36", _("18 to 36 months")
    OVER_36 = "over_36", _("Over 36 months")


class BudgetBand(TextChoices):
    """US dollars, or the like amount in yuan at the day's rate."""

    UNDER_50K = "under_50k", _("Under 50,000 USD")
    FROM_50K_TO_250K = "50k_to_250k", _("50,000 to 250,000 USD")
    FROM_250K_TO_1M = "250k_to_1m", _("250,000 to 1 million USD")
    FROM_1M_TO_5M = "1m_to_5m", _("1 to 5 million USD")
    FROM_5M_TO_20M = "5m_to_20m", _("5 to 20 million USD")
    OVER_20M = "over_20m", _("Over 20 million USD")


class Ownership(TextChoices):
    STATE = "state", _("State-owned")
    PRIVATE = "private", _("Private")
    FOREIGN = "foreign", _("Foreign-owned")
    MIXED = "mixed", _("Mixed")
    NON_PROFIT = "non_profit", _("Non-profit")


class TeamRole(TextChoices):
    OWNER = "owner", _("Owner")
    EDITOR = "editor", _("Editor")
    VIEWER = "viewer", _("Viewer")


class InvitationState(TextChoices):
    """Of a person to a team. One that ran out stays pending until another takes its place."""

    PENDING = "pending", _("Pending")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", pgettext_lazy("of an invitation", "Declined")
    WITHDRAWN = "withdrawn", pgettext_lazy("of an invitation", "Withdrawn")


class ClaimState(TextChoices):
    WAITING = "waiting", _("Waiting")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")


class MembershipState(TextChoices):
    INVITED = "invited", _("Invited")
    CONFIRMED = "confirmed", _("Confirmed")
    LAPSED = "lapsed", _("Lapsed")


class MembershipSide(TextChoices):
    """The two whose word an alliance membership needs."""

    ALLIANCE = "alliance", _("Alliance")
    MEMBER = "member", _("Member")


class ScreeningListName(TextChoices):
    CSL = "csl", _("US Consolidated Screening List")
    DOD_1260H = "dod_1260h", _("US Department of Defense, section 1260H")
    SECTION_889 = "section_889", _("US section 889")
    FCC_COVERED = "fcc_covered", _("FCC Covered List")
    GENERIC = "generic", _("Another list")


class ScreeningVerdict(TextChoices):
    """Of a name. One that cannot be compared, or only with lists out of date, is never clear."""

    HIT = "hit", _("Hit")
    CLEAR = "clear", _("Clear")
    CANNOT_SCREEN = "cannot_screen", _("Cannot be screened")


class HitState(TextChoices):
    """Of a screening hit: cleared, it is another party; confirmed, it is the listed one."""

    OPEN = "open", _("Open")
    CLEARED = "cleared", _("Cleared")
    CONFIRMED = "confirmed", _("Confirmed")


class LikenessReason(TextChoices):
    """What speaks for a name being a listed one."""

    SAME = "same", _("The same name")
    SAME_WORDS = "same_words", _("The same words in another order")
    SPELT_ALIKE = "spelt_alike", _("Nearly the same spelling")
    GENERAL_WORDS = "general_words", _("The same name with general words added or left out")
    BEGINS_WITH = "begins_with", _("The listed name, then more")
    PART = "part", _("One of the two names is a part of the other")
    DERIVED = "derived", _("The same name in pinyin or in translation")


class ConsentPurpose(TextChoices):
    ACCOUNT = "account", _("Account")
    MATCHING = "matching", _("Matching")
    DIGEST = "digest", _("Recommendation digest")
    CROSS_BORDER = "cross_border", _("Cross-border transfer")
    INTRODUCTION = "introduction", _("Introduction")


class MailFrequency(TextChoices):
    OFF = "off", _("Off")
    INSTANT = "instant", _("As soon as there are new ones")
    DAILY = "daily", _("Daily")
    WEEKLY = "weekly", _("Weekly")
    FORTNIGHTLY = "fortnightly", _("Every two weeks")


class CityClass(TextChoices):
    """China: State Council 2014 No. 51, urban residents. US: population bands. Lower bound included."""

    CN_SUPER = "cn_super", _("Super-large city")
    CN_VERY_LARGE = "cn_very_large", _("Very large city")
    CN_LARGE_1 = "cn_large_1", _("Large city, type I")
    CN_LARGE_2 = "cn_large_2", _("Large city, type II")
    CN_MEDIUM = "cn_medium", _("Medium city")
    CN_SMALL_1 = "cn_small_1", _("Small city, type I")
    CN_SMALL_2 = "cn_small_2", _("Small city, type II")
    US_OVER_1M = "us_over_1m", _("1 million people or more")
    US_500K = "us_500k", _("500,000 to under 1 million people")
    US_250K = "us_250k", _("250,000 to under 500,000 people")
    US_100K = "us_100k", _("100,000 to under 250,000 people")
    US_50K = "us_50k", _("50,000 to under 100,000 people")
    US_25K = "us_25k", _("25,000 to under 50,000 people")
    US_10K = "us_10k", _("10,000 to under 25,000 people")
    US_UNDER_10K = "us_under_10k", _("Under 10,000 people")


class EventKind(TextChoices):
    """What a register event records."""

    REGISTERED = "registered", _("Registered")
    UPDATED = "updated", _("Updated")
    SUBMITTED = "submitted", _("Submitted")
    CHANGES_REQUESTED = "changes_requested", _("Changes requested")
    PUT_ON_HOLD = "put_on_hold", _("Put on hold")
    APPROVED = "approved", _("Approved")
    SUSPENDED = "suspended", _("Suspended")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    REJECTED = "rejected", _("Rejected")
    MERGED = "merged", _("Merged")
    DISCARDED = "discarded", _("Draft discarded")
    TEAM_MEMBER_ADDED = "team_member_added", _("Team member added")
    TEAM_ROLE_CHANGED = "team_role_changed", _("Team role changed")
    TEAM_MEMBER_REMOVED = "team_member_removed", _("Team member removed")
    TEAM_MEMBER_LEFT = "team_member_left", _("Team member left")
    OWNERSHIP_HANDED_OVER = "ownership_handed_over", _("Ownership handed over")
    INVITATION_MADE = "invitation_made", _("Invitation made")
    INVITATION_ACCEPTED = "invitation_accepted", _("Invitation accepted")
    INVITATION_DECLINED = "invitation_declined", _("Invitation declined")
    INVITATION_WITHDRAWN = "invitation_withdrawn", _("Invitation withdrawn")
    CLAIM_ASKED = "claim_asked", _("Asked to join the team")
    CLAIM_GRANTED = "claim_granted", _("Request to join granted")
    CLAIM_REFUSED = "claim_refused", _("Request to join refused")
    MEMBERSHIP_INVITED = "membership_invited", _("Invited into an alliance")
    MEMBERSHIP_ASKED = "membership_asked", _("Asked to join an alliance")
    MEMBERSHIP_CONFIRMED = "membership_confirmed", _("Alliance membership confirmed")
    MEMBERSHIP_DECLINED = "membership_declined", _("Alliance membership declined")
    MEMBERSHIP_ENDED = "membership_ended", _("Alliance membership ended")
    ALLIANCE_LINK_MADE = "alliance_link_made", _("Invitation link made")
    ALLIANCE_LINK_WITHDRAWN = "alliance_link_withdrawn", _("Invitation link withdrawn")
    ADDRESSES_WRITTEN_TO = "addresses_written_to", _("Alliance wrote to addresses")
    SCREENING_HIT = "screening_hit", _("Found on a restricted-party list")
    SCREENING_DECIDED = "screening_decided", _("Screening hit decided")
    EXPORTED = "exported", _("Copied by staff")
    CONTACTS_SHOWN = "contacts_shown", _("Contacts shown to staff")
    CONSENT_GIVEN = "consent_given", _("Consent given")
    CONSENT_WITHDRAWN = "consent_withdrawn", _("Consent withdrawn")
