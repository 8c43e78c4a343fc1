"""The service's tables."""

from matchmaking.models.address import MailDomain, Suppression
from matchmaking.models.outbox import DigestItem, OutboxEmail
from matchmaking.models.policy import ScoringPolicy
from matchmaking.models.ranking import Ranking
from matchmaking.models.recommendation import CurationEvent, Exclusion, Pair, Recommendation
from matchmaking.models.run import MatchRun, MatchShard, RunSnapshot, ShardOutput
from matchmaking.models.schedule import Heartbeat, PeriodicRun
from matchmaking.models.statement import StatementVector

__all__ = [
    "CurationEvent",
    "DigestItem",
    "Exclusion",
    "Heartbeat",
    "MailDomain",
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
    "StatementVector",
    "Suppression",
]
