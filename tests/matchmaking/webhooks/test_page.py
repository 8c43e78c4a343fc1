"""The owners' pages: add, see deliveries, send again, replace the secret, disable, delete; nobody else's."""

from __future__ import annotations

import re
import uuid
from contextlib import ExitStack
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from alliances.enums import TeamRole
from alliances.models import TeamMember, User
from matchmaking.models import Webhook, WebhookDelivery
from matchmaking.services import outbound
from matchmaking.services.webhook_delivery import deliver_for
from matchmaking.services.webhooks import secret_of, webhook_disable, webhook_stop
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of
from tests.matchmaking.portal.test_every_page import INLINE
from tests.matchmaking.webhooks.scenes import ALL, add, editor_of, listen, make_delivery
from tests.matchmaking.webhooks.sink import Sink

pytestmark = pytest.mark.django_db

PAGE = "/organization/webhooks/"


def page_of(webhook: Webhook) -> str:
    return f"{PAGE}{webhook.public_id}/"


def form(owner: TeamMember, sink: Sink, **changed: Any) -> dict[str, Any]:
    stated = {"organization": owner.organization.code, "url": f"{sink.origin}/hooks", "events": list(ALL)}
    return {**stated, **changed}


def secret_on(page: str) -> str | None:
    found = re.search(r'value="(whsec_[A-Za-z0-9_-]{43})"', page)
    return found[1] if found else None


def refresh(webhook: Webhook) -> Webhook:
    webhook.refresh_from_db()
    return webhook


# --- Adding --------------------------------------------------------------------------------------


def test_an_owner_adds_a_webhook_and_sees_its_secret_once(owner: TeamMember, sink: Sink) -> None:
    client = signed_in(owner.user)
    answer = client.post(PAGE, form(owner, sink, events=["interest.received", "introduction.made"]))
    webhook = Webhook.objects.get()
    assert (answer.status_code, secret_on(answer.content.decode())) == (200, secret_of(webhook.salt))
    assert (webhook.organization, webhook.url) == (owner.organization, f"{sink.origin}/hooks")
    assert webhook.events == ["interest.received", "introduction.made"]
    for page in (text_of(client, PAGE), text_of(client, page_of(webhook))):
        assert secret_on(page) is None
        assert f"{sink.origin}/hooks" in page
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("wrong", "english", "chinese"),
    [
        ({"url": "https://127.0.0.1/"}, "This address is not reachable", "从我们的服务无法访问此地址"),
        ({"url": ""}, "This address is not reachable", "从我们的服务无法访问此地址"),
        ({"url": "\x00"}, "Null characters are not allowed.", "不允许是用空字符串。"),
        ({"events": []}, "Choose at least one of these events", "请至少选择以下事件之一"),
        ({"events": ["x"]}, "Select a valid choice. x is not", "选择一个有效的选项。 x 不在"),
        ({"organization": "nobody-s"}, "That choice is not one of the available choices", "该选择不在"),
    ],
)
def test_a_wrong_form_says_what_is_wrong_and_adds_nothing(
    owner: TeamMember, sink: Sink, wrong: dict[str, Any], english: str, chinese: str
) -> None:
    for language, sentence in ((ENGLISH, english), (CHINESE, chinese)):
        answer = signed_in(owner.user, language).post(PAGE, form(owner, sink, **wrong))
        assert (answer.status_code, sentence in answer.content.decode()) == (400, True)
    assert Webhook.objects.count() == 0


def test_a_foreign_organization_is_no_choice(owner: TeamMember, sink: Sink) -> None:
    other = make_team_member(make_organization())
    editor = editor_of(owner.organization)
    for person in (other.user, editor, make_user(is_staff=True)):
        assert signed_in(person).post(PAGE, form(owner, sink)).status_code == 400
    page = words_of(text_of(signed_in(editor), PAGE))
    assert "Owners of an organization look after its webhooks." in page
    assert Webhook.objects.count() == 0


def test_who_owns_two_organizations_chooses(owner: TeamMember, sink: Sink) -> None:
    second = make_organization("us-city-second")
    TeamMember.objects.create(user=owner.user, organization=second, role=TeamRole.OWNER)
    client = signed_in(owner.user)
    assert '<select name="organization"' in text_of(client, PAGE)
    client.post(PAGE, form(owner, sink, organization=second.code))
    assert Webhook.objects.get().organization == second


# --- One webhook ---------------------------------------------------------------------------------


def test_it_opens_to_owners_alone(owner: TeamMember, sink: Sink) -> None:
    webhook = add(owner, sink).webhook
    people: list[User] = [
        editor_of(owner.organization),
        make_team_member(make_organization()).user,
        make_user(is_staff=True, is_superuser=True),
    ]
    missing = signed_in(owner.user).get(f"{PAGE}{uuid.uuid4()}/")
    for person in people:
        client = signed_in(person)
        for answer in (client.get(page_of(webhook)), client.post(page_of(webhook), {"act": "delete"})):
            assert (answer.status_code, answer.content) == (404, missing.content)
    assert Client().get(page_of(webhook)).status_code == 302
    assert Webhook.objects.count() == 1


def test_the_buttons(owner: TeamMember, sink: Sink) -> None:
    made = add(owner, sink)
    webhook, client = made.webhook, signed_in(owner.user)

    def press(act: str, **more: str) -> list[str]:
        answer = client.post(page_of(webhook), {"act": act, **more}, follow=True)
        assert answer.status_code == 200
        return [str(one) for one in answer.context["messages"]]

    assert press("disable") == ["The webhook is disabled. Nothing is sent there."]
    assert not refresh(webhook).is_enabled
    assert "Disabled by an owner" in text_of(client, page_of(webhook))
    assert press("enable") == ["The webhook is enabled."]
    assert refresh(webhook).is_enabled
    answer = client.post(page_of(webhook), {"act": "rotate"})
    assert secret_on(answer.content.decode()) == secret_of(refresh(webhook).salt) != made.secret
    assert press("delete") == ["The webhook is deleted."]
    assert Webhook.objects.count() == 0


def test_deliveries_are_seen_and_sent_again(owner: TeamMember, sink: Sink) -> None:
    webhook, client = add(owner, sink).webhook, signed_in(owner.user)
    sink.answer = lambda _call: 503
    delivery = make_delivery(webhook)
    deliver_for(5)
    words = words_of(text_of(client, page_of(webhook)))
    assert f"{delivery.event_id} 1 try · last answer: HTTP 503 · next try:" in words
    assert 'value="replay"' not in text_of(client, page_of(webhook))
    posted = {"act": "replay", "delivery": str(delivery.event_id)}
    answer = client.post(page_of(webhook), posted)
    assert (answer.status_code, "It is being sent already." in answer.content.decode()) == (400, True)
    WebhookDelivery.objects.update(state="failed", next_attempt_at=None)
    assert 'value="replay"' in text_of(client, page_of(webhook))
    assert client.post(page_of(webhook), posted).status_code == 302
    sink.answer = lambda _call: 204
    assert deliver_for(5) == {"delivered": 1}
    chinese = words_of(text_of(signed_in(owner.user, CHINESE), page_of(webhook)))
    assert "已送达" in chinese
    assert "已尝试1次 · 最近答复： HTTP 204" in chinese


def test_rubbish_and_foreign_deliveries_are_not_found(owner: TeamMember, sink: Sink) -> None:
    webhook, client = add(owner, sink).webhook, signed_in(owner.user)
    foreign = make_delivery(listen(make_organization()), state="failed")
    for word in (str(foreign.event_id), str(uuid.uuid4()), "", "x", "\x00"):
        answer = client.post(page_of(webhook), {"act": "replay", "delivery": word})
        assert answer.status_code == 404
    answer = client.post(page_of(webhook), {"act": "x"})
    assert (answer.status_code, "Choose one of the buttons" in answer.content.decode()) == (400, True)
    foreign.refresh_from_db()
    assert foreign.state == "failed"


def test_a_disabled_webhook_s_deliveries_are_not_sent_again(owner: TeamMember, sink: Sink) -> None:
    webhook, client = add(owner, sink).webhook, signed_in(owner.user)
    delivery = make_delivery(webhook, state="failed")
    webhook_disable(webhook, by=owner.user)
    assert 'value="replay"' not in text_of(client, page_of(webhook))
    answer = client.post(page_of(webhook), {"act": "replay", "delivery": str(delivery.event_id)})
    assert (answer.status_code, "Enable it first." in answer.content.decode()) == (400, True)


def test_where_to_and_what_of_is_changed(owner: TeamMember, sink: Sink) -> None:
    webhook, client = add(owner, sink).webhook, signed_in(owner.user)
    posted = {"act": "change", "url": f"{sink.origin}/new", "events": ["organization.reviewed"]}
    assert client.post(page_of(webhook), posted).status_code == 302
    assert (refresh(webhook).url, webhook.events) == (f"{sink.origin}/new", ["organization.reviewed"])
    answer = client.post(page_of(webhook), {**posted, "url": "https://localhost/"})
    assert (answer.status_code, "not reachable" in answer.content.decode()) == (400, True)
    assert refresh(webhook).url == f"{sink.origin}/new"


def test_the_same_form_sent_again_ends_no_secret(owner: TeamMember, sink: Sink) -> None:
    """As by reloading the page that shows the new secret."""
    webhook, client = add(owner, sink).webhook, signed_in(owner.user)
    rotate = {"act": "rotate"}
    assert client.post(page_of(webhook), rotate).status_code == 200
    salt = refresh(webhook).salt
    for posted in (rotate, {**rotate, "end_earlier": ""}, {**rotate, "end_earlier": "1"}):
        answer = client.post(page_of(webhook), posted)
        assert (answer.status_code, refresh(webhook).salt) == (400, salt)
        assert "or confirm that the earlier secret ends at once" in answer.content.decode()
    chinese = text_of(signed_in(owner.user, CHINESE), page_of(webhook))
    assert "是，让此前的密钥立即失效" in chinese
    (which,) = re.findall(r'name="end_earlier" value="(\d+)"', text_of(client, page_of(webhook)))
    # Replaced a while ago, so that the next replacement is another second's.
    Webhook.objects.update(replaced_at=timezone.now() - timedelta(hours=1))
    assert client.post(page_of(webhook), {**rotate, "end_earlier": which}).status_code == 400
    (which,) = re.findall(r'name="end_earlier" value="(\d+)"', text_of(client, page_of(webhook)))
    confirmed = {**rotate, "end_earlier": which}
    answer = client.post(page_of(webhook), confirmed)
    assert secret_on(answer.content.decode()) == secret_of(refresh(webhook).salt)
    assert webhook.earlier_salt == salt
    assert client.post(page_of(webhook), confirmed).status_code == 400
    assert webhook.earlier_salt == refresh(webhook).earlier_salt


def test_what_staff_disabled_has_no_buttons_and_says_whom_to_ask(
    owner: TeamMember, sink: Sink, settings: Settings
) -> None:
    settings.CONTACT_EMAIL = "programme@service.example"
    webhook = add(owner, sink).webhook
    webhook_stop(webhook, by=make_user(is_staff=True))
    words = {
        ENGLISH: ("Disabled by our staff", "so nothing of it can be changed. Write to"),
        CHINESE: ("由我们的工作人员停用", "因此无法作任何更改。请写信至"),
    }
    for language, sentences in words.items():
        client = signed_in(owner.user, language)
        page = text_of(client, page_of(webhook))
        for sentence in (*sentences, 'href="mailto:programme@service.example"'):
            assert sentence in page
        assert 'name="act"' not in page
        for act in ("enable", "delete", "rotate", "change"):
            posted = {"act": act, "url": webhook.url, "events": list(ALL)}
            answer = client.post(page_of(webhook), posted)
            assert (answer.status_code, sentences[1][:8] in answer.content.decode()) == (400, True)
    assert refresh(webhook).disabled_for == "staff"


def test_a_person_changes_webhooks_twenty_times_a_minute(owner: TeamMember, sink: Sink) -> None:
    webhook, client = add(owner, sink).webhook, signed_in(owner.user)
    posted = {"act": "change", "url": webhook.url, "events": list(ALL)}
    assert {client.post(page_of(webhook), posted).status_code for _call in range(19)} == {302}
    assert client.post(PAGE, form(owner, sink, url="")).status_code == 400
    for path, data in ((page_of(webhook), posted), (PAGE, form(owner, sink, url=f"{sink.origin}/new"))):
        assert client.post(path, data).status_code == 429
    assert client.get(PAGE).status_code == 200
    assert Webhook.objects.count() == 1
    # Of each person.
    colleague = signed_in(make_team_member(owner.organization).user)
    assert colleague.post(page_of(webhook), posted).status_code == 302


def test_while_others_addresses_are_looked_up_it_says_to_try_again(owner: TeamMember, sink: Sink) -> None:
    webhook = add(owner, sink).webhook
    words = {ENGLISH: "Try again in a moment.", CHINESE: "目前正在检查的地址过多。请稍后重试。"}
    change = {"act": "change", "url": f"{sink.origin}/new", "events": list(ALL)}
    with ExitStack() as taken:
        for _place in range(2):
            outbound.LOOKUPS.acquire()
            taken.callback(outbound.LOOKUPS.release)
        for language, sentence in words.items():
            client = signed_in(owner.user, language)
            for path, data in (
                (PAGE, form(owner, sink, url=f"{sink.origin}/new")),
                (page_of(webhook), change),
            ):
                answer = client.post(path, data)
                assert (answer.status_code, sentence in answer.content.decode()) == (400, True)
    assert signed_in(owner.user).post(page_of(webhook), change).status_code == 302


# --- What holds for every page -------------------------------------------------------------------


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_pages_have_one_heading_one_action_and_nothing_inline(
    owner: TeamMember, sink: Sink, language: str
) -> None:
    webhook = add(owner, sink).webhook
    make_delivery(webhook)
    client = signed_in(owner.user, language)
    for path in (PAGE, page_of(webhook)):
        page = text_of(client, path)
        assert (page.count("<h1"), page.count("btn--primary")) == (1, 1)
        assert INLINE.findall(page) == []
        levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_organization_s_and_the_team_s_page_lead_there(owner: TeamMember) -> None:
    client = signed_in(owner.user)
    for path in ("/organization/", f"/organization/{owner.organization.code}/team/"):
        assert f'href="{PAGE}"' in text_of(client, path)


@pytest.mark.parametrize("number", [1, 60])
def test_pages_cost_the_same_for_one_and_many(
    owner: TeamMember, sink: Sink, number: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    webhook = add(owner, sink).webhook
    for _number in range(number):
        make_delivery(webhook)
        listen(owner.organization)
    client = signed_in(owner.user)
    text_of(client, PAGE)
    # Session, person; the organizations to choose from, the webhooks.
    with django_assert_num_queries(4):
        list_page = text_of(client, PAGE)
    assert list_page.count("https://hooks-") == number
    # Session, person; the webhook, how many deliveries, a page of them.
    with django_assert_num_queries(5):
        page = text_of(client, page_of(webhook))
    assert page.count("introduction.made</span>") == min(number, 50)
    assert ("Page 1 of 2" in page) == (number == 60)
