"""The service's tables."""

from matchmaking.models.address import MailDomain, Suppression
from matchmaking.models.api_call import ApiCall
from matchmaking.models.bulk_move import BulkMove
from matchmaking.models.curation import CurationNote, Pin, ScheduledRelease
from matchmaking.models.disclosure import Disclosure
from matchmaking.models.effect import EventEffect
from matchmaking.models.introduction import Introduction, Response
from matchmaking.models.jurisdiction import JurisdictionRule
from matchmaking.models.list_import import ListImport
from matchmaking.models.outbox import DigestItem, OutboxEmail
from matchmaking.models.policy import ScoringPolicy
from matchmaking.models.ranking import Ranking
from matchmaking.models.recommendation import CurationEvent, Exclusion, Pair, Recommendation
from matchmaking.models.run import MatchRun, MatchShard, PolicyPreview, RunSnapshot, ShardOutput
from matchmaking.models.schedule import Heartbeat, PeriodicRun
from matchmaking.models.shortlist import PairNote, SavedPair
from matchmaking.models.sponsorship import Sponsorship
from matchmaking.models.statement import StatementVector
from matchmaking.models.token import ApiToken
from matchmaking.models.webhook import Webhook, WebhookDelivery
from matchmaking.models.work import WorkItem

__all__ = [
    "ApiCall",
    "ApiToken",
    "BulkMove",
    "CurationEvent",
    "CurationNote",
    "DigestItem",
    "Disclosure",
    "EventEffect",
    "Exclusion",
    "Heartbeat",
    "Introduction",
    "JurisdictionRule",
    "ListImport",
    "MailDomain",
    "MatchRun",
    "MatchShard",
    "OutboxEmail",
    "Pair",
    "PairNote",
    "PeriodicRun",
    "Pin",
    "PolicyPreview",
    "Ranking",
    "Recommendation",
    "Response",
    "RunSnapshot",
    "SavedPair",
    "ScheduledRelease",
    "ScoringPolicy",
    "ShardOutput",
    "Sponsorship",
    "StatementVector",
    "Suppression",
    "Webhook",
    "WebhookDelivery",
    "WorkItem",
]
