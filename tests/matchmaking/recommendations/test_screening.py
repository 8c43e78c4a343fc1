"""A screening hit that nobody cleared: not matched, not released, not mailed, not shown."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from alliances.enums import Country, HitState, Kind
from alliances.models import Organization, ScreeningHit, ScreeningList
from alliances.services import screening
from matchmaking.models import MatchRun, Recommendation
from matchmaking.selectors.recommendations import shown_to
from matchmaking.services import events, periodic
from matchmaking.services.health import screening_check
from matchmaking.services.proposals import propose
from matchmaking.services.recommendations import recommendations_release
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.runs.conftest import complete_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pair() -> tuple[Organization, Organization]:
    us = make_organization("us-a", needs={"air": 2})
    cn = make_organization(
        "cn-hik", kind=Kind.FIRM, country=Country.CN, name_en="Hikvision", name_zh="", offers={"air": 2}
    )
    return us, cn


def import_list(text: str = "name\nHikvision\n") -> None:
    screening.screening_import(
        text.encode(), file_name="list.csv", name="generic", dated=timezone.now().date()
    )


def test_a_hit_takes_out_of_matching_with_its_cause(pair: tuple[Organization, Organization]) -> None:
    assert complete_run().counts["excluded"]["screening"] == 0
    import_list()
    assert complete_run().counts["excluded"]["screening"] == 1
    hit = ScreeningHit.objects.get()
    screening.decide(hit, HitState.CLEARED, reason="Another.", by=make_user(is_staff=True))
    assert complete_run().counts["excluded"]["screening"] == 0


def test_what_was_proposed_before_is_not_released_and_what_was_released_not_shown(
    pair: tuple[Organization, Organization],
) -> None:
    us, _cn = pair
    curator, officer = make_user(is_staff=True), make_user()
    make_team_member(us, officer)
    run = complete_run()
    propose(run)
    Recommendation.objects.update(state="proposed", released_at=None)
    import_list()
    outcome = recommendations_release(Recommendation.objects.all(), by=curator)
    reason = "One of the two organizations has a screening hit that is not cleared. Decide on the hit first."
    assert (outcome.done, set(outcome.skipped)) == (0, {reason})
    hit = ScreeningHit.objects.get()
    screening.decide(hit, HitState.CLEARED, reason="Another.", by=curator)
    assert recommendations_release(Recommendation.objects.all(), by=curator).done == 2
    assert shown_to(officer).count() == 1
    screening.decide(hit, HitState.CONFIRMED, by=curator)
    assert shown_to(officer).count() == 0


def test_a_stale_list_blocks_release_until_a_newer_one_comes(
    pair: tuple[Organization, Organization],
) -> None:
    curator = make_user(is_staff=True)
    import_list("name\nYitu\n")
    ScreeningList.objects.update(dated="2026-01-01")
    run = complete_run()
    propose(run)
    assert set(Recommendation.objects.values_list("state", flat=True)) == {"proposed"}
    outcome = recommendations_release(Recommendation.objects.all(), by=curator)
    (reason,) = set(outcome.skipped)
    assert (outcome.done, len(outcome.skipped)) == (0, 2)
    assert reason.startswith("The list Another list is of ")
    import_list("name\nYitu\n")
    assert recommendations_release(Recommendation.objects.all(), by=curator).done == 2


def test_a_hit_takes_out_of_the_directory_until_it_is_cleared(
    pair: tuple[Organization, Organization],
) -> None:
    us, cn = pair
    curator, officer = make_user(is_staff=True), make_user()
    make_team_member(us, officer)
    import_list()
    hit = ScreeningHit.objects.get()
    assert list(Organization.objects.listed_to(officer)) == [us]
    screening.decide(hit, HitState.CLEARED, reason="Another.", by=curator)
    assert set(Organization.objects.listed_to(officer)) == {us, cn}
    screening.decide(hit, HitState.CONFIRMED, by=curator)
    assert list(Organization.objects.listed_to(officer)) == [us]
    # Staff see all that are approved.
    assert set(Organization.objects.listed_to(curator)) == {us, cn}


def test_a_new_hit_and_a_decision_ask_for_a_run(pair: tuple[Organization, Organization]) -> None:
    complete_run()
    assert events.match_anew() is None
    import_list()
    assert isinstance(events.match_anew(), MatchRun)


def test_the_night_screens_before_it_matches(pair: tuple[Organization, Organization]) -> None:
    import_list("name\nYitu\n")
    Organization.objects.filter(code="cn-hik").update(name_en="Yitu")
    hour, job = periodic.JOBS["screening"]
    assert hour < periodic.JOBS["nightly_run"][0]
    job("screening", "2026-11-25")
    assert ScreeningHit.objects.get().organization.code == "cn-hik"


def test_the_desk_says_whether_screening_is_on() -> None:
    check = screening_check()
    assert (check.ok, check.detail) == (
        True,
        "Off: no list was ever imported. Import one with the command import_screening_list.",
    )
    import_list()
    assert screening_check().detail == "Every list in use is up to date."
    ScreeningList.objects.update(dated="2026-01-01")
    check = screening_check()
    assert not check.ok
    assert check.detail.startswith("The list Another list is of ")


@pytest.fixture
def desk() -> Client:
    browser = Client()
    browser.force_login(make_user("curator@test.example", is_staff=True, is_superuser=True))
    return browser


def test_a_curator_decides_at_the_desk(desk: Client, pair: tuple[Organization, Organization]) -> None:
    import_list()
    hit = ScreeningHit.objects.get()
    answer = desk.get(reverse("admin:alliances_screeninghit_changelist"))
    assert answer.status_code == 200
    assert "cn-hik" in answer.content.decode() or "Hikvision" in answer.content.decode()
    for language, words in (("en", "Screening hits"), ("zh-hans", "筛查命中")):
        page = desk.get(reverse("admin:index"), headers={"accept-language": language}).content.decode()
        assert words in page
    page = desk.get(reverse("admin:alliances_screeninghit_change", args=[hit.pk])).content.decode()
    assert "It is another party" in page
    decide = reverse("admin:alliances_screeninghit_clear_this", args=[hit.pk])
    desk.post(decide, {"_form_submitted": "True", "reason": ""})
    hit.refresh_from_db()
    assert hit.state == "open"
    desk.post(decide, {"_form_submitted": "True", "reason": "A bakery."})
    hit.refresh_from_db()
    assert hit.state == "cleared"
    desk.post(
        reverse("admin:alliances_screeninghit_confirm_this", args=[hit.pk]),
        {"_form_submitted": "True", "reason": ""},
    )
    hit.refresh_from_db()
    assert hit.state == "confirmed"
    assert desk.get(reverse("admin:alliances_screeninglist_changelist")).status_code == 200


def test_who_may_only_look_decides_nothing(pair: tuple[Organization, Organization]) -> None:
    import_list()
    browser = Client()
    browser.force_login(make_user(is_staff=True))
    hit = ScreeningHit.objects.get()
    answer = browser.post(
        reverse("admin:alliances_screeninghit_clear_this", args=[hit.pk]),
        {"_form_submitted": "True", "reason": "A bakery."},
    )
    assert answer.status_code == 403
    hit.refresh_from_db()
    assert hit.state == "open"
