"""The service's tables."""

from matchmaking.models.outbox import DigestItem, OutboxEmail
from matchmaking.models.policy import ScoringPolicy
from matchmaking.models.ranking import Ranking
from matchmaking.models.recommendation import CurationEvent, Exclusion, Pair, Recommendation
from matchmaking.models.run import MatchRun, MatchShard, RunSnapshot, ShardOutput
from matchmaking.models.schedule import Heartbeat, PeriodicRun

__all__ = [
    "CurationEvent",
    "DigestItem",
    "Exclusion",
    "Heartbeat",
    "MatchRun",
    "MatchShard",
    "OutboxEmail",
    "Pair",
    "PeriodicRun",
    "Ranking",
    "Recommendation",
    "RunSnapshot",
    "ScoringPolicy",
    "ShardOutput",
]
