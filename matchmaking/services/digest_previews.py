"""The digests that a release would cause, before it: in both languages, or sent to oneself as a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from alliances.models import Organization, User
from matchmaking.emails.digest import digest_email
from matchmaking.emails.message import RenderedEmail
from matchmaking.enums import EmailKind, MailClass
from matchmaking.models import MatchRun, OutboxEmail
from matchmaking.selectors.digests import PlannedDigest, people_previewed, plan_digests
from matchmaking.services.mails import address_of, mail_row, mails_queue
from matchmaking.wording import topic_names

TESTS_AN_HOUR = 10
SUBJECT_LENGTH = OutboxEmail._meta.get_field("subject").max_length


@dataclass(frozen=True)
class Preview:
    """One person's digest as it would be in one language."""

    language: str
    email: RenderedEmail


def planned_previews(run: MatchRun, organization: Organization) -> list[PlannedDigest]:
    """Who of the team would get a digest, and of what, were all released that the run proposes; by person."""
    return plan_digests(list(people_previewed(organization)), proposed_of=run)


def previews(digest: PlannedDigest) -> Sequence[Preview]:
    """The digest in every language, whichever is the person's. Nothing is stored and nothing sent."""
    return [Preview(code, _rendered(digest, code)) for code, _name in settings.LANGUAGES]


def _rendered(digest: PlannedDigest, language: str) -> RenderedEmail:
    """As it would be sent, but for the link that ends the person's subscription: here it ends nobody's."""
    nobody = settings.SITE_URL + reverse("portal:unsubscribe", args=["preview"])
    with translation.override(language):
        return digest_email(
            digest.user,
            digest.sections,
            topics=topic_names(),
            unsubscribe_url=nobody,
            now=timezone.now(),
        )


@transaction.atomic
def digest_test_send(
    run: MatchRun, organization: Organization, *, person: int, language: str, by: User
) -> OutboxEmail:
    """Queue one person's digest, in this language, to the curator's own address, marked as a test.

    It tells nobody of anything: whoever it is for still gets it, and it ends no subscription.

    Raises:
        PermissionDenied: the actor is no active member of the staff.
        ValidationError: the person gets no digest or the language is none of ours; more than `TESTS_AN_HOUR`;
            an address that is none.
    """
    if not (by.is_active and by.is_staff):
        raise PermissionDenied
    # One at a time, so that the count holds.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    sent = OutboxEmail.objects.filter(
        kind=EmailKind.TEST, user=by, created_at__gt=Now() - timedelta(hours=1)
    ).count()
    if sent >= TESTS_AN_HOUR:
        raise ValidationError(
            _("At most %(limit)s tests are sent to you within an hour. Send the next one later."),
            params={"limit": TESTS_AN_HOUR},
        )
    digests = {one.user.pk: one for one in planned_previews(run, organization)}
    if person not in digests or language not in dict(settings.LANGUAGES):
        raise ValidationError(_("There is no such digest now. Open the preview again."))
    address = address_of(by)
    if not address:
        raise ValidationError(_("Your account’s email address cannot be written to. Have it changed."))
    row = mail_row(
        _as_test(_rendered(digests[person], language), language),
        EmailKind.TEST,
        MailClass.AWAITED,
        recipient=address,
        language=language,
        user=by,
    )
    mails_queue([row], {"run": run.pk, "organization": organization.pk, "by": by.pk})
    return row


def _as_test(email: RenderedEmail, language: str) -> RenderedEmail:
    with translation.override(language):
        subject = _("TEST: %(subject)s") % {"subject": email.subject}
    return replace(
        email,
        subject=Truncator(subject).chars(SUBJECT_LENGTH or 0, truncate="…"),
        headers={name: value for name, value in email.headers.items() if "Unsubscribe" not in name},
    )
