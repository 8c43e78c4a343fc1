"""The service's vocabularies and states: stored values in snake_case, labels in the reader's language."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class RunState(TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    COMPLETE = "complete", _("Complete")
    COMPLETE_WITH_ERRORS = "complete_with_errors", _("Complete with errors")
    CANCELLED = "cancelled", _("Cancelled")
    FAILED = "failed", _("Failed")


OPEN_RUN_STATES = (RunState.QUEUED, RunState.RUNNING)


class Step(TextChoices):
    """The steps of a run, in order. Each is one or more leased rows."""

    SCORE = "score", _("Score")
    BESIDE = "beside", _("Score by the policy in force")  # of a preview alone
    MERGE = "merge", _("Merge")
    AMEND = "amend", _("Amend")  # of an amendment, in place of scoring and merging
    PROPOSE = "propose", _("Propose")


class RunStage(TextChoices):
    """What a run's time goes to, in order, between its request and its lists."""

    READ = "read", _("Reading the register")
    SCORE = "score", _("Scoring, from the first part's start to the last one's end")
    MERGE = "merge", _("Making the lists")
    COPY = "copy", _("Writing the lists")
    ATTACH = "attach", _("Making them the run's")


class ShardState(TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    DONE = "done", _("Done")
    QUARANTINED = "quarantined", _("Quarantined")
    CANCELLED = "cancelled", _("Cancelled")


class BulkMoveState(TextChoices):
    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    COMPLETE = "complete", _("Complete")
    FAILED = "failed", _("Failed")


class ListImportState(TextChoices):
    """How far the import of an uploaded screening list is."""

    QUEUED = "queued", _("Queued")
    RUNNING = "running", _("Running")
    COMPLETE = "complete", _("Complete")
    FAILED = "failed", _("Failed")


class PolicyState(TextChoices):
    """Where a version of a scoring policy stands."""

    DRAFT = "draft", _("Not published")
    SCHEDULED = "scheduled", _("Scheduled")
    IN_FORCE = "in_force", _("In force")
    WAS_IN_FORCE = "was_in_force", _("Was in force")


class RecommendationState(TextChoices):
    PROPOSED = "proposed", _("Proposed")
    HELD = "held", _("Held")
    RELEASED = "released", _("Released")
    SEEN = "seen", _("Seen")
    INTERESTED = "interested", _("Interested")
    LATER = "later", _("Not now")
    DECLINED = "declined", _("Declined")
    SUPERSEDED = "superseded", _("Superseded")
    EXPIRED = "expired", _("Expired")


class ScheduleState(TextChoices):
    """What became of a release on schedule."""

    WAITING = "waiting", _("Scheduled")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")
    SUPERSEDED = "superseded", _("Superseded")


class Answer(TextChoices):
    """What one side says of a pair."""

    INTERESTED = "interested", _("Interested")
    LATER = "later", _("Not now")
    DECLINED = "declined", _("No")


class MemberStanding(TextChoices):
    """How far a member's recommendation has come on its side, as its alliance reads it.

    Who said no, and why, stays between the two and us.
    """

    WAITING = "waiting", _("Waits for the member")
    INTERESTED = "interested", _("The member is interested")
    INTRODUCED = "introduced", _("Introduced")


class DeclineReason(TextChoices):
    NOT_OUR_NEED = "not_our_need", _("It is not what we need")
    NO_CAPACITY = "no_capacity", _("We have no capacity for it")
    TOO_EARLY = "too_early", _("It is too early")
    OTHER_SIZE = "other_size", _("They are too small or too large for us")
    BUDGET = "budget", _("There is no budget for it")
    RULES_FORBID = "rules_forbid", _("Our rules forbid it")
    LANGUAGE = "language", _("We have no working language in common")
    ALREADY_PARTNER = "already_partner", _("We work with them already")
    OTHER = "other", _("Another reason")


class RuleVerdict(TextChoices):
    """What a jurisdiction rule says of a kind of tie, from the mildest to the strictest."""

    ALLOWED = "allowed", _("Allowed")
    ANOTHER_FORM = "another_form", _("Allowed in another form")
    BLOCKED = "blocked", _("Blocked")


class EmailState(TextChoices):
    QUEUED = "queued", _("Queued")
    SENDING = "sending", _("Sending")
    SENT = "sent", _("Sent")
    DEFERRED = "deferred", _("Deferred")
    FAILED = "failed", _("Failed")
    UNCERTAIN = "uncertain", _("Uncertain")
    SUPPRESSED = "suppressed", _("Suppressed")


class EmailKind(TextChoices):
    DIGEST = "digest", _("Digest")
    INTRODUCTION = "introduction", _("Introduction")
    ACCOUNT = "account", _("Account")
    REVIEW = "review", _("Review")
    INTEREST_RECEIVED = "interest_received", _("Interest received")
    INTEREST_REMINDER = "interest_reminder", _("Interest: reminder")
    INTEREST_CLOSED = "interest_closed", _("Interest closed")
    TEST = "test", _("Test")


INTEREST_KINDS = (EmailKind.INTEREST_RECEIVED, EmailKind.INTEREST_REMINDER, EmailKind.INTEREST_CLOSED)


class Subscription(TextChoices):
    """What a person may have by email or not; whatever else is mailed follows of their own acts."""

    DIGEST = "digest", _("Recommendations")
    INTEREST = "interest", _("Open interests")


class MailClass(TextChoices):
    """Which way to err when a process dies between the server's answer and our commit."""

    BULK = "bulk", _("Bulk: never twice")
    AWAITED = "awaited", _("Awaited: never lost")


class ReplayCause(TextChoices):
    """Why a recommendation cannot be recomputed."""

    NO_SNAPSHOT = "no_snapshot", _("The snapshot of its run is no longer stored.")
    OTHER_SNAPSHOT = "other_snapshot", _("The stored snapshot is not the one that its run scored.")
    OTHER_ENGINE = "other_engine", _("Another version of the engine made the snapshot of its run.")
    NOT_IN_SNAPSHOT = "not_in_snapshot", _("The snapshot of its run does not hold both organizations.")


class Queue(TextChoices):
    SCORE = "score"
    MAIL = "mail"
    WEBHOOKS = "webhooks"
    DEFAULT = "default"


class Band(TextChoices):
    """The plain word for a score; the policy holds the thresholds."""

    VERY_STRONG = "very_strong", _("very strong")
    STRONG = "strong", _("strong")
    FAIR = "fair", _("fair")
    SLIGHT = "slight", _("slight")


class ListedAs(TextChoices):
    """Where a recommendation stands in its reader's list."""

    WAITING = "waiting", _("Waits for your answer")
    ANSWERED = "answered", _("Answered")
    SAVED = "saved", _("Saved by your team")


class TokenScope(TextChoices):
    READ = "read", _("Read")
    WRITE = "write", _("Read and write")
    STAFF_READ = "staff_read", _("Staff: read")
    STAFF_WRITE = "staff_write", _("Staff: read and write")


class WorkKind(TextChoices):
    """What may wait for a person at the desk, in the order of the work."""

    SUBMISSION = "submission", _("Organization to review")
    CLAIM = "claim", _("Request to join a team")
    SCREENING_HIT = "screening_hit", _("Screening hit")
    HELD = "held", _("Held recommendation")
    SILENT_INTEREST = "silent_interest", _("Silent interest")
    MAIL = "mail", _("Mail that did not arrive")
    RUN = "run", _("Run with quarantined steps")
    EXPIRING_PROFILE = "expiring_profile", _("Profile that expires")


class Period(TextChoices):
    """What the figures of the desk are narrowed to. Days and quarters are those of UTC."""

    ALL = "all", _("All the time")
    LAST_30_DAYS = "30_days", _("Last 30 days")
    QUARTER = "quarter", _("This quarter")
    LAST_QUARTER = "last_quarter", _("Last quarter")
    YEAR = "year", _("Last 365 days")


class FunnelStep(TextChoices):
    """How far an organization came. Each step presupposes the one before."""

    REGISTERED = "registered", _("Registered")
    APPROVED = "approved", _("Approved")
    RECOMMENDED = "recommended", _("Recommended")
    SEEN = "seen", _("Seen")
    INTERESTED = "interested", _("Interested")
    INTRODUCED = "introduced", _("Introduced")


class WebhookEvent(TextChoices):
    """What an organization's own programs are told of, under the name by which they know it."""

    RECOMMENDATION_RELEASED = "recommendation.released", _("A partner is recommended to you")
    INTEREST_RECEIVED = "interest.received", _("A recommended partner is interested in you")
    INTRODUCTION_MADE = "introduction.made", _("You are introduced to a partner")
    ORGANIZATION_REVIEWED = "organization.reviewed", _("Our staff have reviewed your organization")


# What is about one recommendation, and is told only while that may be told of.
ABOUT_RECOMMENDATION = (WebhookEvent.RECOMMENDATION_RELEASED, WebhookEvent.INTEREST_RECEIVED)


class DeliveryState(TextChoices):
    QUEUED = "queued", pgettext_lazy("to be sent", "Waiting")
    SENDING = "sending", _("Sending")
    DELIVERED = "delivered", _("Delivered")
    FAILED = "failed", _("Failed")
    WITHDRAWN = "withdrawn", _("Not sent any more")


OVER_STATES = (DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.WITHDRAWN)


class DisabledFor(TextChoices):
    """Why nothing is sent to a webhook."""

    OWNER = "owner", _("Disabled by an owner")
    FAILING = "failing", _("Disabled after eight failed tries")
    GONE = "gone", _("Disabled at its own wish (410 Gone)")
    STAFF = "staff", _("Disabled by our staff")
