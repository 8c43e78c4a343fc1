"""The scoring engine: profiles in, ranked partners with reasons out. Pure: no framework, clock or files."""

from matchmaking.engine.amending import LINE_DTYPE, Amendment, Standing, amend
from matchmaking.engine.changes import Changes, OutgrownError, build_changes
from matchmaking.engine.embedder import Embedder, quantise
from matchmaking.engine.explanation import (
    CriterionShare,
    Effect,
    Explanation,
    Reason,
    SideExplanation,
)
from matchmaking.engine.measures import (
    Evaluation,
    Exposure,
    TopTens,
    evaluate,
    exposure,
    mean_reciprocal_rank,
    recall_at,
    without_outcomes,
)
from matchmaking.engine.policy import RANGES, WORDS, Policy, PolicyError, Range
from matchmaking.engine.profiles import Barred, Constraints, Profile, ProfileError, Topic, TrustFacts
from matchmaking.engine.ranking import (
    FRAGMENT_DTYPE,
    ORDER_DTYPE,
    RANKING_DTYPE,
    Merger,
    ShardResult,
    add_counts,
    full_order,
    parts_of,
    rank_all,
    score_rows,
)
from matchmaking.engine.reasons import explain
from matchmaking.engine.release import release_rounds
from matchmaking.engine.snapshot import Snapshot, SnapshotError, build_snapshot, stored_digest

__all__ = [
    "FRAGMENT_DTYPE",
    "LINE_DTYPE",
    "ORDER_DTYPE",
    "RANGES",
    "RANKING_DTYPE",
    "WORDS",
    "Amendment",
    "Barred",
    "Changes",
    "Constraints",
    "CriterionShare",
    "Effect",
    "Embedder",
    "Evaluation",
    "Explanation",
    "Exposure",
    "Merger",
    "OutgrownError",
    "Policy",
    "PolicyError",
    "Profile",
    "ProfileError",
    "Range",
    "Reason",
    "ShardResult",
    "SideExplanation",
    "Snapshot",
    "SnapshotError",
    "Standing",
    "TopTens",
    "Topic",
    "TrustFacts",
    "add_counts",
    "amend",
    "build_changes",
    "build_snapshot",
    "evaluate",
    "explain",
    "exposure",
    "full_order",
    "mean_reciprocal_rank",
    "parts_of",
    "quantise",
    "rank_all",
    "recall_at",
    "release_rounds",
    "score_rows",
    "stored_digest",
    "without_outcomes",
]
