"""Links in mail do nothing on their own (P37): a scanner opens each, again and again, to no effect."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client

from alliances.enums import ConsentPurpose, Kind, OrganizationState
from alliances.services.review import submit
from matchmaking.enums import Answer, EmailKind, RecommendationState
from matchmaking.models import OutboxEmail, Recommendation
from matchmaking.services import events, interests, membership_mail, team_mail
from matchmaking.services.digest_previews import digest_test_send
from matchmaking.services.digests import queue_due
from tests.factories import make_consent, make_organization, make_team_member, make_user
from tests.matchmaking.introductions.scenes import made_days_ago, make_couples
from tests.sizes import size

pytestmark = pytest.mark.django_db

TIMES = size(small=2, ci=10, full=100)
ALL_ROWS = "SELECT md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM {} t"


def state_of_everything() -> dict[str, str]:
    """A digest of every row of every table."""
    found = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            table = model._meta.db_table
            if model._meta.managed and not model._meta.proxy:
                cursor.execute(ALL_ROWS.format(connection.ops.quote_name(table)))
                found[table] = cursor.fetchone()[0]
    return found


def every_kind_of_mail() -> None:
    """One of each, by the services that make them."""
    first, second, third, fourth = make_couples(4)
    make_consent(first.us.person, ConsentPurpose.DIGEST)
    queue_due()
    first.us.say(Answer.INTERESTED)
    interests.tell()
    made_days_ago(first, 10)
    interests.remind()
    second.us.say(Answer.INTERESTED)
    made_days_ago(second, 36)
    interests.close_silent()
    for side in (third.us, third.cn):
        side.say(Answer.INTERESTED)
    draft = make_organization(state=OrganizationState.DRAFT)
    owner = make_team_member(draft).user
    submit(draft, actor=owner)
    events.tell_of_reviews()
    team_mail.invite(draft, email="new@test.example", role="editor", language="en", by=owner)
    alliance = make_organization(kind=Kind.ALLIANCE)
    officer = make_team_member(alliance).user
    membership_mail.invite(alliance, first.us.organization, by=officer)
    one = fourth.us.recommendation
    Recommendation.objects.filter(pk=one.pk).update(state=RecommendationState.PROPOSED, released_at=None)
    reader, curator = fourth.us.person, make_user(is_staff=True)
    make_consent(reader, ConsentPurpose.DIGEST)
    digest_test_send(one.run, fourth.us.organization, person=reader.pk, language="en", by=curator)


def links() -> set[str]:
    """The address of every link of every mail, on this site."""
    found: set[str] = set()
    for mail in OutboxEmail.objects.all():
        text = f"{mail.body_text} {mail.body_html} {mail.headers}"
        for link in re.findall(r"https?://[^\s\"'<>]+", text):
            parts = urlsplit(link.rstrip(".,"))
            found.add(parts.path + (f"?{parts.query}" if parts.query else ""))
    return found


def test_opening_every_link_of_every_mail_changes_nothing() -> None:
    every_kind_of_mail()
    assert set(OutboxEmail.objects.values_list("kind", flat=True)) == set(EmailKind.values)
    addresses = links()
    assert sum(address.startswith("/unsubscribe/") for address in addresses) >= 4
    before = state_of_everything()
    for address in addresses:
        for _time in range(TIMES):
            scanner = Client()
            for method in ("get", "head", "options"):
                assert getattr(scanner, method)(address).status_code < 500
    assert state_of_everything() == before
    # And the look sees what a reader's own click does.
    ways_out = {address for address in addresses if address.startswith("/unsubscribe/")}
    # A test mail's ends nothing, and it says so.
    one_click = min(address for address in ways_out if not address.startswith("/unsubscribe/preview"))
    Client().post(one_click, {"List-Unsubscribe": "One-Click"})
    assert state_of_everything() != before
