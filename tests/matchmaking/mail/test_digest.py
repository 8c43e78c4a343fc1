"""Digests: who gets one, once a slot, with what, and what it looks like to a reader."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import translation
from pytest_django import DjangoAssertNumQueries, Settings

from alliances.enums import ConsentPurpose, Country, Kind, MailFrequency, OrganizationState
from alliances.models import Organization, User
from matchmaking.enums import EmailState, MailClass, RunState
from matchmaking.enums import RecommendationState as S
from matchmaking.models import CurationEvent, DigestItem, MatchRun, OutboxEmail, Recommendation
from matchmaking.selectors.digests import PlannedDigest, chosen, people_due, slots
from matchmaking.services import digests, periodic
from tests.factories import make_consent, make_organization, make_team_member
from tests.matchmaking.runs.conftest import complete_run
from tests.matchmaking.scenes import make_reader, make_scene

MONDAY = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
NEXT_MONDAY = datetime(2026, 11, 30, 6, 0, tzinfo=UTC)


class Text(HTMLParser):
    """The words a reader sees, and the tags that carry them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words, self.tags, self.links = "", [], []  # type: ignore[var-annotated]
        self._in_head = False
        self.feed(html)
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._in_head = self._in_head or tag == "style"
        self.links += [value for name, value in attributes if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        self._in_head = self._in_head and tag != "style"

    def handle_data(self, data: str) -> None:
        if not self._in_head:
            self.words += data + " "


def only_email() -> OutboxEmail:
    return OutboxEmail.objects.get()


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (datetime(2026, 11, 23, tzinfo=UTC), ("2026-11-23", "2026-W48", "2026-F24")),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), ("2026-12-31", "2026-W53", "2026-F27")),
        (datetime(2027, 1, 3, tzinfo=UTC), ("2027-01-03", "2026-W53", "2026-F27")),
        (datetime(2027, 1, 4, tzinfo=UTC), ("2027-01-04", "2027-W01", "2027-F01")),
        (datetime(2027, 1, 11, tzinfo=UTC), ("2027-01-11", "2027-W02", "2027-F01")),
    ],
)
def test_slots_follow_iso_weeks(day: datetime, expected: tuple[str, str, str]) -> None:
    found = slots(day)
    assert found[MailFrequency.INSTANT] == day.strftime("%Y-%m-%dT%H")
    assert (
        found[MailFrequency.DAILY],
        found[MailFrequency.WEEKLY],
        found[MailFrequency.FORTNIGHTLY],
    ) == expected


@pytest.mark.django_db
def test_digest_is_queued_once_a_slot_and_tells_nothing_twice() -> None:
    scene = make_scene()
    assert digests.queue_due(MONDAY) == 1
    assert digests.queue_due(MONDAY) == 0
    email = only_email()
    assert (email.user, email.slot, email.state, email.mail_class) == (
        scene.readers[0],
        "2026-W48",
        EmailState.QUEUED,
        MailClass.BULK,
    )
    assert email.recipient == scene.readers[0].email
    assert email.items.count() == 4
    assert CurationEvent.objects.filter(subject="email", subject_id=email.pk, kind="queued").count() == 1
    # The next slot has nothing new to tell; one new partner makes the next mail.
    assert digests.queue_due(NEXT_MONDAY) == 0
    new = make_organization(country=Country.CN, offers={"sponge-city": 2})
    complete_run()
    assert digests.queue_due(NEXT_MONDAY) == 1
    item = DigestItem.objects.get(email__slot="2026-W49")
    assert item.recommendation.candidate == new


@pytest.mark.django_db
def test_who_wants_them_at_once_gets_what_a_run_brought_and_nobody_else_is_mailed() -> None:
    scene = make_scene(readers=2)
    eager, patient = scene.readers
    User.objects.filter(pk=eager.pk).update(mail_frequency=MailFrequency.INSTANT)
    MatchRun.objects.filter(pk=scene.run.pk).update(state=RunState.RUNNING, finished_at=None)
    assert digests.queue_at_once(10) == (0, False)  # the run may bring more
    MatchRun.objects.filter(pk=scene.run.pk).update(state=RunState.COMPLETE, finished_at=Now())
    assert digests.queue_at_once(10) == (1, True)
    assert digests.queue_at_once(10) == (0, True)
    email = only_email()
    assert (email.user, email.slot) == (eager, f"{email.created_at.astimezone(UTC):%Y-%m-%dT%H}")
    assert "because you want to hear at once of new recommendations for Springfield 1" in email.body_text
    assert set(people_due(MONDAY)) == {patient}


@pytest.mark.django_db
def test_sweep_queues_what_is_wanted_at_once() -> None:
    scene = make_scene()
    User.objects.filter(pk=scene.readers[0].pk).update(mail_frequency=MailFrequency.INSTANT)
    periodic.sweep()
    assert only_email().user == scene.readers[0]


@pytest.mark.django_db(transaction=True)
def test_of_many_callers_at_once_one_queues_each_digest() -> None:
    make_scene(3)

    def work(_number: int) -> int:
        try:
            return digests.queue_due(MONDAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        queued = list(threads.map(work, range(6)))
    assert sum(queued) == 3
    assert OutboxEmail.objects.count() == OutboxEmail.objects.values("user").distinct().count() == 3
    assert DigestItem.objects.count() == 12


@pytest.mark.django_db
def test_long_name_is_cut_in_the_subject_and_whole_in_the_text() -> None:
    scene = make_scene(2)
    name = "Springfield " * 16
    Organization.objects.filter(pk=scene.seekers[0].pk).update(name_en=name[:195])
    assert digests.queue_due(MONDAY) == 2
    email = OutboxEmail.objects.get(user=scene.readers[0])
    assert email.subject == f"Four new recommendations for {name[:119]}…"
    assert name[:180] in " ".join(email.body_text.split())


@pytest.mark.django_db
@pytest.mark.parametrize("column", ["breakdown", "email"])
def test_digest_that_cannot_be_made_keeps_back_no_other(
    column: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    scene = make_scene(3)
    broken, *others = scene.readers
    if column == "breakdown":  # cannot be rendered
        Recommendation.objects.filter(seeker=scene.seekers[0]).update(breakdown={})
    else:  # cannot be stored: more characters than the column has
        row = digests._row

        def too_long(digest: PlannedDigest, address: str, topics: dict[str, str]) -> OutboxEmail:
            email = row(digest, address, topics)
            email.subject += "!" * 200 * (digest.user == broken)
            return email

        monkeypatch.setattr(digests, "_row", too_long)
    with caplog.at_level("ERROR"):
        assert digests.queue_turn(60, MONDAY) == (2, True)
    assert set(OutboxEmail.objects.values_list("user", flat=True)) == {one.pk for one in others}
    assert DigestItem.objects.filter(user=broken).count() == 0
    (record,) = [one for one in caplog.records if "digest_failed" in str(one.msg)]
    assert f"{broken.pk}" in str(record.msg)
    assert broken.email not in str(record.msg)


@pytest.mark.django_db
def test_turn_ends_in_time_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    make_scene(3)
    monkeypatch.setattr(digests, "BATCH", 1)
    assert digests.queue_turn(0, MONDAY) == (0, False)
    assert digests.queue_turn(60, MONDAY) == (3, True)
    assert digests.queue_turn(0, MONDAY) == (0, True)


@pytest.mark.django_db(transaction=True)
def test_turn_that_left_somebody_to_another_is_not_complete() -> None:
    scene = make_scene(2)

    def turn() -> digests.Turn:
        try:
            return digests.queue_turn(60, MONDAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as other, transaction.atomic():
        User.objects.select_for_update().get(pk=scene.readers[0].pk)
        assert other.submit(turn).result() == (1, False)
    assert turn() == (1, True)


@pytest.mark.django_db
def test_people_due_are_those_with_something_to_be_told() -> None:
    scene = make_scene(2)
    quiet = make_reader(make_organization())
    assert quiet not in people_due(MONDAY)
    assert list(people_due(MONDAY)) == scene.readers
    digests.queue_due(MONDAY)
    assert list(people_due(NEXT_MONDAY)) == []


@pytest.mark.django_db
def test_who_gets_none() -> None:
    scene = make_scene(1)
    organization = scene.seekers[0]
    OutboxEmail.objects.all().delete()
    kept = scene.readers[0]
    taken_back = make_reader(organization)
    make_consent(taken_back, ConsentPurpose.DIGEST, granted=False)
    make_team_member(organization)  # never asked
    make_reader(organization, mail_frequency=MailFrequency.OFF)
    make_reader(organization, is_active=False)
    make_reader(make_organization(state=OrganizationState.SUSPENDED))
    make_reader(make_organization())  # approved, nothing to tell
    assert digests.queue_due(MONDAY) == 1
    assert only_email().user == kept


@pytest.mark.django_db
@pytest.mark.parametrize("state", sorted(set(S) - {S.RELEASED}))
def test_only_what_is_released_is_told(state: S) -> None:
    make_scene()
    Recommendation.objects.update(state=state)
    assert digests.queue_due(MONDAY) == 0


@pytest.mark.django_db
def test_candidate_that_is_not_approved_any_more_is_not_told() -> None:
    scene = make_scene()
    Organization.objects.filter(pk=scene.candidates[0].pk).update(state=OrganizationState.SUSPENDED)
    digests.queue_due(MONDAY)
    assert scene.candidates[0].pk not in set(
        DigestItem.objects.values_list("recommendation__candidate", flat=True)
    )


@pytest.mark.django_db
def test_person_without_one_valid_address_gets_no_row() -> None:
    scene = make_scene()
    User.objects.filter(pk=scene.readers[0].pk).update(email="a@x.org, b@x.org")
    assert digests.queue_due(MONDAY) == 0
    assert not DigestItem.objects.exists()


def test_best_of_each_kind_comes_first_then_the_next_best() -> None:
    rows = [
        Recommendation(pk=number, kind=kind, score=score)
        for number, (kind, score) in enumerate(
            [("city", 0.9), ("city", 0.8), ("city", 0.7), ("firm", 0.3), ("alliance", 0.2), ("firm", 0.1)]
        )
    ]
    assert [one.pk for one in chosen(rows, 5)] == [0, 1, 2, 3, 4]
    assert [one.pk for one in chosen(rows, 4)] == [0, 1, 3, 4]
    assert [one.pk for one in chosen(rows, 3)] == [0, 3, 4]
    assert [one.pk for one in chosen(rows[:3], 5)] == [0, 1, 2]


@pytest.mark.django_db
@pytest.mark.parametrize("readers", [1, 3])
def test_queries_do_not_grow_with_people(
    readers: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    make_scene(readers)
    with django_assert_num_queries(21):
        assert digests.queue_due(MONDAY) == readers


@pytest.mark.django_db
def test_english_digest_says_what_it_should(settings: Settings) -> None:
    settings.SITE_URL, settings.CONTACT_EMAIL = "https://partners.example", "team@partners.example"
    settings.POSTAL_ADDRESS = "1 Bridge Street, Springfield"
    scene = make_scene(cities=2)
    digests.queue_due(MONDAY)
    email = only_email()
    best = Recommendation.objects.filter(seeker=scene.seekers[0]).order_by("-score", "candidate__code")[0]
    assert email.subject == "Four new recommendations for Springfield 1"
    assert email.headers["Reply-To"] == "team@partners.example"
    assert email.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert email.headers["Auto-Submitted"] == "auto-generated"
    link = email.headers["List-Unsubscribe"]
    assert re.fullmatch(r"<https://partners\.example/unsubscribe/\d+:[\w-]{43}>", link)
    html = Text(email.body_html)
    told = Recommendation.objects.filter(digest_items__email=email).order_by("digest_items__position")
    pages = [f"https://partners.example/recommendations/{one.public_id}/" for one in told]
    assert html.links == [*pages, link.strip("<>")]
    assert re.findall(r"https://\S+/recommendations/\S+", email.body_text) == pages
    for words in (html.words, " ".join(email.body_text.split())):
        for sentence in (
            f"Dear {scene.readers[0].name},",
            "We found four new possible partners for Springfield 1.",
            "Nobody sees anybody’s contacts until both sides have said yes.",
            f"{best.candidate.name_en} {best.candidate.name_zh}",
            "City · Hubei · 10.4 million people",
            f"{int(best.score * 100 + 0.5)} of 100, very strong",
            "sponge-city: one of your two needs",
            "at 16 times your scale.",
            "You offer urban-planning, its one stated need.",
            "You state no working language in common.",
            "Open a recommendation and say: interested, not now, or no with the reason.",
            "You get this because you chose a weekly digest for Springfield 1.",
            "1 Bridge Street, Springfield",
        ):
            assert sentence in words, sentence
    assert "Illustrative" not in email.body_html
    assert link.strip("<>") in email.body_text


@pytest.mark.django_db
def test_chinese_digest_is_chinese_and_names_both_scripts() -> None:
    scene = make_scene(language="zh-hans")
    # A reader of an American city who reads Chinese: names come in Chinese first.
    digests.queue_due(MONDAY)
    email = only_email()
    assert email.language == "zh-hans"
    assert "春田1" in email.subject
    assert '<html lang="zh-Hans">' in email.body_html
    assert 'lang="en"' in email.body_html
    assert re.search(r"汉州市\d\s*</span>", email.body_html)
    assert "Hanzhou" in Text(email.body_html).words
    assert "1040万" in email.body_text
    assert email.headers["From"].startswith("=?utf-8?b?")
    with translation.override("zh-hans"):
        assert scene.seekers[0].name == "春田1"


@pytest.mark.django_db
def test_html_is_one_narrow_table_without_images_scripts_or_outside_assets() -> None:
    make_scene()
    digests.queue_due(MONDAY)
    html = only_email().body_html
    page = Text(html)
    assert {"img", "script", "link", "iframe"} & set(page.tags) == set()
    assert len(html.encode()) < 100_000
    assert 'width="600"' in html
    assert "max-width: 600px" in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert "@media (max-width: 620px)" in html
    # Whatever a client does with the head, the looks are on the elements.
    assert re.search(r"<h1 [^>]*style=", html)
    bars = re.findall(r'<td [^>]*class="(?:bar|room|none)"[^>]*>|<td class="(?:bar|room|none)"[^>]*>', html)
    assert bars
    assert all("height: 6px" in bar for bar in bars)


@pytest.mark.django_db
def test_what_people_wrote_is_shown_and_never_interpreted() -> None:
    scene = make_scene()
    hostile = [
        "<script>alert(1)</script>",
        "{{ 1234*5678 }}{% include 'x' %}",
        "{0.__class__} %(name)s %s",
        '"><img src=x>',
    ]
    for candidate, name in zip(scene.candidates, hostile, strict=True):
        Organization.objects.filter(pk=candidate.pk).update(name_en=name, region=name[:60])
    User.objects.filter(pk=scene.readers[0].pk).update(name="<b>Maya</b>")
    digests.queue_due(MONDAY)
    email = only_email()
    page = Text(email.body_html)
    for name in hostile:
        assert name in page.words
        assert name in email.body_text
        assert name not in email.subject
    assert {"script", "img", "b"} & set(page.tags) == set()
    assert "7006652" not in page.words


@pytest.mark.django_db
def test_subject_names_no_organization_but_the_readers() -> None:
    scene = make_scene()
    digests.queue_due(MONDAY)
    subject = only_email().subject
    assert not [one.code for one in scene.candidates if one.name_en in subject or one.name_zh in subject]


@pytest.mark.django_db
def test_person_in_two_organizations_gets_one_mail_with_both() -> None:
    scene = make_scene(2)
    reader = scene.readers[0]
    make_team_member(scene.seekers[1], reader)
    digests.queue_due(MONDAY)
    email = OutboxEmail.objects.get(user=reader)
    assert email.subject == "Eight new recommendations for your organizations"
    assert {item.recommendation.seeker for item in email.items.all()} == set(scene.seekers[:2])
    assert "Springfield 1 and Springfield 2" in email.body_text


@pytest.mark.django_db
def test_kind_without_anything_new_is_said_to_have_none() -> None:
    scene = make_scene()
    Recommendation.objects.filter(candidate__kind=Kind.ALLIANCE).delete()
    digests.queue_due(MONDAY)
    email = only_email()
    assert "There is no new alliance to recommend this time." in email.body_text
    assert "There is no new firm to recommend this time." not in email.body_text
    assert email.items.count() == len(scene.candidates) - 1


@pytest.mark.django_db
def test_sample_organizations_are_said_to_be_a_sample() -> None:
    scene = make_scene()
    Organization.objects.filter(pk=scene.candidates[0].pk).update(is_sample=True)
    digests.queue_due(MONDAY)
    notice = "None of the organizations named has registered or endorsed anything."
    email = only_email()
    assert notice in email.body_text
    assert notice in Text(email.body_html).words


@pytest.mark.django_db
def test_dry_planning_writes_nothing() -> None:
    scene = make_scene()
    (planned,) = digests.digests_due(MONDAY)
    assert (planned.user, planned.slot, len(planned.recommendations)) == (scene.readers[0], "2026-W48", 4)
    assert not OutboxEmail.objects.exists()
