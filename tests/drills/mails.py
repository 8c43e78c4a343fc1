"""What the mail drills do inside of the service: fill the outbox, and read the desk's list of it."""

from __future__ import annotations

import re

from django.test import Client

from alliances.enums import ConsentPurpose
from alliances.models import User
from matchmaking.emails.message import new_message_id
from matchmaking.enums import EmailKind, EmailState, MailClass
from matchmaking.models import OutboxEmail
from tests.factories import make_consent, make_user


def queue(mail_class: str, count: int) -> None:
    """So many mails of this class and none else, each to a domain of its own, none of which has a pace."""
    OutboxEmail.objects.all().delete()
    reader = make_user(f"reader-{User.objects.count()}@test.example")
    make_consent(reader, ConsentPurpose.DIGEST)
    bulk = mail_class == MailClass.BULK
    OutboxEmail.objects.bulk_create(
        OutboxEmail(
            kind=EmailKind.DIGEST if bulk else EmailKind.ACCOUNT,
            mail_class=mail_class,
            user=reader,
            slot=f"2026-W48-{number}" if bulk else None,
            message_id=new_message_id(),
            recipient=f"reader@d{number}.example",
            language="en",
            subject="Two new recommendations",
            body_text="Dear reader",
            body_html="<p>Dear reader</p>",
            headers={"From": "Service <news@service.example>"},
        )
        for number in range(count)
    )


def listed_as_uncertain() -> list[str]:
    """Recipients on the page that shows staff what is uncertain: masked, and each of a domain of its own."""
    curator = Client()
    curator.force_login(make_user("curator@test.example", is_staff=True, is_superuser=True))
    page = curator.get(
        "/admin/matchmaking/outboxemail/",
        {"state__exact": EmailState.UNCERTAIN.value},
        headers={"host": "localhost"},
    )
    return sorted(set(re.findall(r"…@d\d+\.example", page.content.decode())))
