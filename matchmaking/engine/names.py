"""The engine's vocabularies, in their fixed orders. Constants only: everybody may import this module."""

from typing import Final

ENGINE_VERSION: Final = "1"

COUNTRIES: Final = ("US", "CN")
KINDS: Final = ("city", "firm", "alliance")

# The order is that of ranking rows, of shares and of the sum itself.
CRITERIA: Final = (
    "needs_met",
    "offers_wanted",
    "shared_challenges",
    "reach",
    "scale",
    "text",
    "wanted_kinds",
    "partnership_types",
    "stage",
    "horizon",
    "budget",
    "language",
    "trust",
)

# Hard constraints in the order in which they are tried: the first that fails is the one counted.
CAUSES: Final = (
    "not_approved",
    "exclusion",
    "open_introduction",
    "declined",
    "deferred",
    "screening",
    "jurisdiction",
    "no_capacity",
    "kind_refused",
)

MEASURES: Final = ("people", "staff")
SIZE_BANDS: Final = ("small", "medium", "large", "very-large")
LANGUAGES: Final = ("en", "zh")

PARTNERSHIP_TYPES: Final = (
    "technical_cooperation",
    "commercial_with_assistance",
    "manufacturing",
    "joint_research",
    "consortium_project",
    "investment",
    "pilot",
    "peer_learning",
    "sister_tie",
    "memorandum",
    "standards_work",
    "trade_intermediary",
    "franchise",
    "joint_venture",
    "merger",
    "sale",
    "reciprocal_production",
    "subcontracting",
    "logistics",
    "licence",
)

# Ordered from early to late, short to long, small to large: a step is one place in the order.
STAGES: Final = ("concept", "in_development", "prototype", "field_tested", "on_market", "replicated")
HORIZONS: Final = ("under_6", "6_to_12", "12_to_18", "18_to_36", "over_36")
BUDGET_BANDS: Final = (
    "under_50k",
    "50k_to_250k",
    "250k_to_1m",
    "1m_to_5m",
    "5m_to_20m",
    "over_20m",
)

LEVELS: Final = (1, 2, 3)

FUSIONS: Final = ("harmonic", "geometric", "min")
RELEASES: Final = ("automatic", "manual")

# From the strongest down; a score below the last threshold of the policy is "slight".
BANDS: Final = ("very_strong", "strong", "fair", "slight")

# Bytes of a stored statement vector, one int8 each, and how many rotated columns are scored.
STORED_TEXT: Final = 512
SCORED_TEXT: Final = 128

RANKING_FIELDS: Final = (
    "seeker",
    "candidate",
    "kind",
    "rank",
    "score",
    "affinity",
    "candidate_affinity",
    "criteria",
)
