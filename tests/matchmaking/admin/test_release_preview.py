"""The digests that a release would cause: as they would be, in both languages, stored nowhere; test sends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.enums import ConsentPurpose, MailFrequency
from alliances.models import Organization, User
from alliances.selectors import has_consent
from matchmaking.enums import EmailKind, EmailState, MailClass
from matchmaking.enums import RecommendationState as S
from matchmaking.models import CurationEvent, DigestItem, MatchRun, OutboxEmail, Recommendation
from matchmaking.selectors.digests import people_due, plan_digests
from matchmaking.services import digests
from matchmaking.services.digest_previews import TESTS_AN_HOUR, digest_test_send, planned_previews, previews
from matchmaking.services.outbox import deliver_due
from matchmaking.services.recommendations import recommendations_release
from tests.factories import make_consent, make_organization, make_team_member, make_user
from tests.matchmaking.admin.test_release_desk import staff_with
from tests.matchmaking.mail.conftest import server
from tests.matchmaking.scenes import Scene, make_reader, make_scene

__all__ = ["server"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def curator() -> User:
    return make_user("curator@test.example", is_staff=True, is_superuser=True, name="Chris")


@pytest.fixture
def desk(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


@pytest.fixture
def scene() -> Scene:
    made = make_scene()
    Recommendation.objects.update(state=S.PROPOSED, released_at=None)
    return made


def address(run: MatchRun, organization: Organization) -> str:
    return f"/admin/matchmaking/matchrun/{run.pk}/release/{organization.pk}/preview/"


def stored() -> dict[str, int]:
    return {
        model.__name__: model.objects.count()
        for model in (OutboxEmail, DigestItem, CurationEvent, Recommendation)
    }


# --- Preview --------------------------------------------------------------------------------------


def test_the_preview_is_the_digest_that_a_release_causes(scene: Scene, curator: User) -> None:
    (digest,) = planned_previews(scene.run, scene.seekers[0])
    assert digest.user == scene.readers[0]
    english, chinese = previews(digest)
    assert (english.language, chinese.language) == ("en", "zh-hans")
    assert english.email.subject == "Four new recommendations for Springfield 1"
    assert "春田1" in chinese.email.subject
    assert "汉州市" in chinese.email.body_html
    assert not DigestItem.objects.exists()
    recommendations_release(Recommendation.objects.filter(run=scene.run), by=curator)
    assert digests.queue_due() == 1
    mail = OutboxEmail.objects.get()
    assert mail.subject == english.email.subject
    links = {"List-Unsubscribe": mail.headers["List-Unsubscribe"]}
    assert {**english.email.headers, **links} == mail.headers
    token = mail.headers["List-Unsubscribe"].strip("<>")
    nobody = english.email.headers["List-Unsubscribe"].strip("<>")
    assert nobody.endswith("/unsubscribe/preview")
    assert mail.body_text == english.email.body_text.replace(nobody, token)
    assert mail.body_html == english.email.body_html.replace(nobody, token)


@pytest.mark.parametrize("state", [S.HELD, S.EXPIRED, S.SUPERSEDED, S.DECLINED])
def test_what_is_not_proposed_or_released_is_not_in_it(scene: Scene, state: S) -> None:
    mine = Recommendation.objects.filter(seeker=scene.seekers[0]).order_by("pk")
    kept = mine[0]
    mine.exclude(pk=kept.pk).update(state=state, released_at=timezone.now())
    (digest,) = planned_previews(scene.run, scene.seekers[0])
    assert digest.recommendations == [kept]
    other = MatchRun(pk=scene.run.pk + 1)
    assert planned_previews(other, scene.seekers[0]) == []


def test_only_who_would_get_it_and_what_they_were_not_told(scene: Scene) -> None:
    us = scene.seekers[0]
    make_team_member(us)
    make_reader(us, mail_frequency=MailFrequency.OFF)
    make_reader(us, is_active=False)
    chinese = make_reader(us, language="zh-hans", mail_frequency=MailFrequency.INSTANT)
    taken_back = make_reader(us)
    make_consent(taken_back, ConsentPurpose.DIGEST, granted=False)
    assert [one.user for one in planned_previews(scene.run, us)] == [scene.readers[0], chinese]
    one = Recommendation.objects.filter(seeker=us)[0]
    mail = OutboxEmail.objects.create(
        kind=EmailKind.DIGEST,
        mail_class=MailClass.BULK,
        slot="x",
        user=chinese,
        message_id="<1>",
        recipient="a@b.example",
    )
    DigestItem.objects.create(email=mail, user=chinese, recommendation=one, position=1)
    assert [len(digest.recommendations) for digest in planned_previews(scene.run, us)] == [4, 3]


def test_nothing_proposed_is_due_without_a_preview(scene: Scene) -> None:
    assert list(people_due(timezone.now())) == []
    person = scene.readers[0]
    person.slot = ""  # type: ignore[attr-defined]
    assert plan_digests([person]) == []


def test_the_page_shows_both_languages_sandboxed_and_stores_nothing(desk: Client, scene: Scene) -> None:
    us = scene.seekers[0]
    second = make_reader(us, name="Second Reader", language="zh-hans")
    before = stored()
    page = desk.get(address(scene.run, us))
    assert [one.language for one in page.context["previews"]] == ["en", "zh-hans"]
    assert page.context["chosen"].user == scene.readers[0]
    text = page.content.decode()
    assert text.count('<iframe sandbox srcdoc="') == 2
    assert desk.get(f"{address(scene.run, us)}?person={second.pk}").context["chosen"].user == second
    for query in ("?person=0", "?person=x", f"?person={make_user().pk}"):
        assert desk.get(address(scene.run, us) + query).context["chosen"].user == scene.readers[0]
    assert stored() == before
    assert not OutboxEmail.objects.exists()


def test_the_page_says_who_gets_none(desk: Client, scene: Scene) -> None:
    us, cn = scene.seekers[0], scene.candidates[0]
    assert "of the team" not in desk.get(address(scene.run, us)).content.decode()
    make_team_member(us)
    assert "1 other person of the team gets none" in desk.get(address(scene.run, us)).content.decode()
    page = desk.get(address(scene.run, cn), headers={"accept-language": "zh-hans"}).content.decode()
    assert "团队中无人会收到摘要" in page
    assert "<iframe" not in page


def test_it_costs_the_same_whatever_the_team(desk: Client, scene: Scene) -> None:
    def cost() -> int:
        desk.get(address(scene.run, scene.seekers[0]))
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(address(scene.run, scene.seekers[0])).status_code == 200
        return len(queries)

    of_one = cost()
    for _number in range(5):
        make_reader(scene.seekers[0])
    assert cost() == of_one


def test_who_is_no_seeker_of_the_run_has_no_preview(desk: Client, scene: Scene) -> None:
    assert desk.get(address(scene.run, make_organization())).status_code == 404
    assert desk.get(address(MatchRun(pk=scene.run.pk + 1), scene.seekers[0])).status_code == 404


# --- Test send ------------------------------------------------------------------------------------


def send(desk: Client, scene: Scene, **stated: Any) -> list[str]:
    given = {"person": scene.readers[0].pk, "language": "en", **stated}
    answer = desk.post(address(scene.run, scene.seekers[0]), given, follow=True)
    return [str(message) for message in answer.context["messages"]]


@pytest.mark.usefixtures("server")
def test_a_test_goes_to_the_curator_alone_and_tells_nobody(desk: Client, scene: Scene, curator: User) -> None:
    before = CurationEvent.objects.count()
    assert send(desk, scene) == ["The test is on its way to curator@test.example."]
    assert send(desk, scene, language="zh-hans") == ["The test is on its way to curator@test.example."]
    english, chinese = OutboxEmail.objects.order_by("pk")
    assert english.subject == "TEST: Four new recommendations for Springfield 1"
    assert chinese.subject.startswith("【测试】")
    for mail in (english, chinese):
        assert (mail.kind, mail.mail_class, mail.user, mail.slot) == ("test", "awaited", curator, None)
        assert mail.recipient == "curator@test.example"
        assert not [name for name in mail.headers if "Unsubscribe" in name]
        event = CurationEvent.objects.get(subject="email", subject_id=mail.pk)
        assert event.data == {"run": scene.run.pk, "organization": scene.seekers[0].pk, "by": curator.pk}
    assert CurationEvent.objects.count() == before + 2
    assert not DigestItem.objects.exists()
    assert deliver_due()[EmailState.SENT] == 2
    # The reader is still told of all of it, by a digest of their own.
    recommendations_release(Recommendation.objects.filter(run=scene.run), by=curator)
    assert digests.queue_due() == 1
    assert OutboxEmail.objects.get(kind=EmailKind.DIGEST).items.count() == 4


def test_the_link_in_a_test_ends_nobodys_subscription(scene: Scene, curator: User) -> None:
    mail = digest_test_send(
        scene.run, scene.seekers[0], person=scene.readers[0].pk, language="en", by=curator
    )
    path = "/unsubscribe/preview"
    assert path in mail.body_html
    answer = Client().post(path, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 400
    assert has_consent(scene.readers[0], ConsentPurpose.DIGEST)


def test_so_many_an_hour_and_no_more(desk: Client, scene: Scene, curator: User) -> None:
    for _number in range(TESTS_AN_HOUR):
        assert send(desk, scene) == ["The test is on its way to curator@test.example."]
    assert send(desk, scene) == ["At most 10 tests are sent to you within an hour. Send the next one later."]
    assert OutboxEmail.objects.count() == TESTS_AN_HOUR
    other = make_user(is_staff=True)
    digest_test_send(scene.run, scene.seekers[0], person=scene.readers[0].pk, language="en", by=other)
    first = OutboxEmail.objects.order_by("pk")[0]
    OutboxEmail.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(hours=1))
    assert send(desk, scene) == ["The test is on its way to curator@test.example."]


@pytest.mark.parametrize(
    "stated", [{"person": "0"}, {"person": "x"}, {"person": "9" * 30}, {"language": "fr"}, {"language": ""}]
)
def test_a_test_of_no_digest_is_refused(desk: Client, scene: Scene, stated: dict[str, str]) -> None:
    assert send(desk, scene, **stated) == ["There is no such digest now. Open the preview again."]
    assert not OutboxEmail.objects.exists()


def test_only_staff_who_may_decide_send(client: Client, scene: Scene) -> None:
    us, person = scene.seekers[0], scene.readers[0]
    client.force_login(staff_with("view_recommendation", "view_matchrun"))
    assert b"as a test" not in client.get(address(scene.run, us)).content
    assert client.post(address(scene.run, us), {"person": person.pk, "language": "en"}).status_code == 403
    client.force_login(staff_with("view_matchrun"))
    assert client.get(address(scene.run, us)).status_code == 403
    for by in (make_user(), make_user(is_staff=True, is_active=False)):
        with pytest.raises(PermissionDenied):
            digest_test_send(scene.run, us, person=person.pk, language="en", by=by)
    client.force_login(person)
    assert client.get(address(scene.run, us)).status_code == 302


def test_a_name_that_is_long_leaves_the_mark_in_the_subject(scene: Scene, curator: User) -> None:
    Organization.objects.filter(pk=scene.seekers[0].pk).update(name_en="S" * 200)
    mail = digest_test_send(
        scene.run, scene.seekers[0], person=scene.readers[0].pk, language="en", by=curator
    )
    assert mail.subject.startswith("TEST: Four new recommendations for SSS")
    assert len(mail.subject) <= 200


@pytest.mark.parametrize("fields", [{"slot": "2026-W48"}, {"mail_class": MailClass.BULK}])
def test_the_database_keeps_tests_out_of_slots(fields: dict[str, str]) -> None:
    given = {"kind": EmailKind.TEST, "mail_class": MailClass.AWAITED, "recipient": "a@b.example", **fields}
    with pytest.raises(IntegrityError, match="test_has_no_slot"), transaction.atomic():
        OutboxEmail.objects.create(message_id="<1>", **given)
    OutboxEmail.objects.create(message_id="<1>", **{**given, "slot": None, "mail_class": MailClass.AWAITED})


def test_a_test_that_cannot_be_addressed_is_refused(scene: Scene) -> None:
    curator = make_user(is_staff=True)
    User.objects.filter(pk=curator.pk).update(email="no address")
    curator.refresh_from_db()
    with pytest.raises(ValidationError, match="cannot be written to"):
        digest_test_send(scene.run, scene.seekers[0], person=scene.readers[0].pk, language="en", by=curator)
