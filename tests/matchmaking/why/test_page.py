""" "Why them?" as a page at the desk, a file and a command."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from alliances.enums import Country, EventKind
from alliances.models import RegisterEvent, User
from matchmaking.models import (
    DigestItem,
    Ranking,
    Recommendation,
    RunSnapshot,
)
from matchmaking.services.recommendations import recommendations_hold
from matchmaking.wording.why import sections
from tests.factories import make_organization, make_team_member, make_user, prove
from tests.matchmaking.jurisdiction.rules import make_rule
from tests.matchmaking.mail.mails import make_mail
from tests.matchmaking.runs.conftest import complete_run
from tests.matchmaking.why.reading import address, content_of, make_list

pytestmark = pytest.mark.django_db


def test_page_and_command_say_the_same_in_both_languages(
    desk: Client, one: Recommendation, curator: User
) -> None:
    for language, title, verdict in (
        (
            "en",
            "Who decided what, when",
            f"Computed again from the snapshot of run #{one.run_id}: identical.",
        ),
        ("zh-hans", "何人何时作出何种决定", f"根据匹配运行 #{one.run_id} 的快照重新计算：完全一致。"),
    ):
        User.objects.filter(pk=curator.pk).update(language=language)
        page = desk.get(address(one), headers={"accept-language": language})
        assert page.status_code == 200
        html = page.content.decode()
        assert f'<h2 id="section-14">{title}</h2>' in html
        assert f"<p>{verdict}</p>" in html
        assert 'role="alert"' not in html
        out = StringIO()
        with translation.override(language):
            call_command("explain_recommendation", str(one.pk), stdout=out)
            shown = list(page.context["sections"])
            assert shown == sections(content_of(one))
            for section in shown:
                assert f"\n{section.title}\n" in out.getvalue()
                for row in section.rows:
                    assert " | ".join(row) in out.getvalue()


def test_sums_on_the_page_are_those_worked_out_by_hand(one: Recommendation) -> None:
    title = "How the seeker's affinity adds up"
    [seeker] = [section for section in sections(content_of(one)) if section.title == title]
    rows = {row[0]: row[1:] for row in seeker.rows}
    # Sponge cities 3/3 x 3/3, buses by the related topic 2/3 x 0.25: P = 7/6, P / (P + 1) = 7/13.
    # Weights: base 1, known 1 + 0.5 + 0.6 + 0.3 + 0.1 + 0.1, together 3.6.
    assert rows["Needs met"] == ("0.5385", "1", "0.1496")
    assert rows["Base"] == ("0.1000", "1", "0.0278")
    assert rows["Trust"] == ("not stated", "0.1", "–")
    assert rows["Affinity"] == ("", "", f"{one.affinity:.4f}")


def test_a_fact_adds_what_a_run_without_it_gives_less(one: Recommendation) -> None:
    seeker, candidate = one.seeker.code, one.candidate.code
    added = {
        (each["organization"]["code"], each["field"], each["value"]): each["effect"]
        for each in content_of(one)["effects"]
    }
    assert added.keys() == {
        (seeker, "needs", "sponge-city"),
        (seeker, "needs", "e-bus"),
        (seeker, "offers", "urban-planning"),
        (seeker, "size", None),
        (seeker, "languages", "en"),
        (candidate, "needs", "urban-planning"),
        (candidate, "offers", "sponge-city"),
        (candidate, "size", None),
        (candidate, "languages", "en"),
    }
    one.candidate.languages = ["zh"]
    one.candidate.save()
    again = Ranking.objects.get(run=complete_run(), seeker=one.seeker, candidate=one.candidate)
    assert added[candidate, "languages", "en"] == one.score - again.score > 0


@pytest.mark.parametrize(
    ("language", "title", "facts"),
    [
        (
            "en",
            "What each fact adds to the reciprocal score",
            ["Need: sponge-city", "Need: e-bus", "Offer: urban-planning", "Size", "Language: English"],
        ),
        (
            "zh-hans",
            "各项资料对双向匹配分的贡献",
            ["需求：sponge-city", "需求：e-bus", "供给：urban-planning", "规模", "工作语言：英语"],
        ),
    ],
)
def test_facts_are_named_in_words(one: Recommendation, language: str, title: str, facts: list[str]) -> None:
    with translation.override(language):
        [shown] = [section for section in sections(content_of(one)) if section.title == title]
    of_seeker = [fact for fact, whose, _points in shown.rows if whose.endswith(f" · {one.seeker.code}")]
    assert sorted(of_seeker) == sorted(facts)
    points = [float(worth) for _fact, _whose, worth in shown.rows]
    assert points == sorted(points, reverse=True)


def test_page_marks_the_candidate_in_the_list(desk: Client, one: Recommendation) -> None:
    page = desk.get(address(one)).content.decode()
    assert f"{one.candidate.name_en} · {one.candidate.code}: this recommendation</td>" in page


def test_a_difference_is_an_alert_and_named(desk: Client, one: Recommendation) -> None:
    Recommendation.objects.filter(pk=one.pk).update(score=0.5)
    page = desk.get(address(one)).content.decode()
    assert 'role="alert"' in page
    assert f"Computed again from the snapshot of run #{one.run_id}: 1 value differs." in page
    assert f"<tr><td>score</td><td>0.5</td><td>{one.score}</td></tr>" in page


def test_page_without_a_snapshot_says_so_and_still_has_the_record(desk: Client, one: Recommendation) -> None:
    RunSnapshot.objects.all().delete()
    page = desk.get(address(one)).content.decode()
    assert "It cannot be computed again. The snapshot of its run is no longer stored." in page
    assert "Released, as the policy of the run says" in page


def test_recommendation_and_list_lead_to_the_page(desk: Client, one: Recommendation) -> None:
    for page in (f"/admin/matchmaking/recommendation/{one.pk}/change/", "/admin/matchmaking/recommendation/"):
        assert f'href="{address(one)}"' in desk.get(page).content.decode()


def test_unknown_numbers_lead_back_with_a_word(desk: Client) -> None:
    for number in ("0", "nonsense", "9" * 30):
        answer_ = desk.get(f"/admin/matchmaking/recommendation/{number}/why/", follow=True)
        assert answer_.redirect_chain == [("/admin/", 302)]
        assert len(list(answer_.context["messages"])) == 1


def test_export_is_the_content_unrounded(desk: Client, one: Recommendation, curator: User) -> None:
    asked = desk.get(address(one) + "?format=json")
    assert asked.headers["Location"].startswith("/accounts/")
    assert not RegisterEvent.objects.filter(kind=EventKind.EXPORTED).exists()
    prove(desk)
    file = desk.get(address(one) + "?format=json")
    event = RegisterEvent.objects.get(kind=EventKind.EXPORTED)
    assert event.data == {"list": f"recommendation-{one.pk}", "format": "json", "rows": 1}
    assert event.actor_id == curator.pk
    assert file.headers["Content-Disposition"] == f'attachment; filename="recommendation-{one.pk}.json"'
    assert file.headers["Cache-Control"] == "no-store"
    assert json.loads(file.content) == content_of(one, curator)
    assert repr(one.score).encode() in file.content


def test_others_than_staff_with_the_right_do_not_get_it(client: Client, one: Recommendation) -> None:
    for url in (address(one), address(one) + "?format=json"):
        assert client.get(url).status_code == 302
        client.force_login(make_team_member(one.seeker).user)
        assert client.get(url).status_code == 302
        clerk = make_user(is_staff=True)
        client.force_login(clerk)
        assert client.get(url).status_code == 403
        clerk.user_permissions.add(
            Permission.objects.get(codename="view_recommendation", content_type__app_label="matchmaking")
        )
        client.force_login(User.objects.get(pk=clerk.pk))
        prove(client)
        assert client.get(url).status_code == 200
        client.logout()


def queries(desk: Client, one: Recommendation) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert desk.get(address(one)).status_code == 200
    return len(asked)


def test_page_costs_the_same_however_long_list_and_record_are(
    desk: Client, one: Recommendation, curator: User
) -> None:
    RegisterEvent.objects.create(organization=one.seeker, kind=EventKind.APPROVED, actor_id=curator.pk)
    desk.get(address(one))
    of_few = queries(desk, one)
    for _ in range(6):
        make_organization(country=Country.CN, needs={"urban-planning": 2}, offers={"sponge-city": 3})
    run = complete_run()
    many = Recommendation.objects.filter(run=run, seeker=one.seeker)[0]
    for number in range(5):
        person = make_user(is_staff=True)
        recommendations_hold([many], by=person)
        make_list(str(number), timezone.now(), actor_id=person.pk)
        make_rule(f"rule-{number}", tie="sister_tie")
        RegisterEvent.objects.create(organization=many.seeker, kind=EventKind.APPROVED, actor_id=person.pk)
        mail = make_mail(person, number=number)
        DigestItem.objects.create(email=mail, user=person, recommendation=many, position=1)
    assert len(content_of(many)["list"]) > len(content_of(one)["list"])
    assert queries(desk, many) == of_few


# --- The command ---------------------------------------------------------------------------------


def printed(*arguments: str) -> str:
    out = StringIO()
    call_command("explain_recommendation", *arguments, stdout=out)
    return out.getvalue()


def test_command_prints_the_export_by_number_and_by_public_id(desk: Client, one: Recommendation) -> None:
    prove(desk)
    exported = json.loads(desk.get(address(one) + "?format=json").content)
    assert json.loads(printed(str(one.pk), "--format", "json")) == exported
    assert json.loads(printed(str(one.public_id), "--format", "json")) == exported
    assert printed(str(one.public_id)) == printed(str(one.pk))


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ("0", "There is no recommendation 0."),
        ("9" * 18, f"There is no recommendation {'9' * 18}."),
        (
            "6f9619ff-8b86-4011-b42d-00c04fc964ff",
            "There is no recommendation 6f9619ff-8b86-4011-b42d-00c04fc964ff.",
        ),
        (
            "us-denver",
            "'us-denver' is no id of a recommendation. Give its number or its public id (a UUID).",
        ),
        ("-1", "'-1' is no id of a recommendation. Give its number or its public id (a UUID)."),
        ("١٢", "'١٢' is no id of a recommendation. Give its number or its public id (a UUID)."),
    ],
)
def test_command_refuses_what_is_no_recommendation(given: str, sentence: str) -> None:
    with pytest.raises(CommandError) as refusal:
        call_command("explain_recommendation", "--", given)
    assert (str(refusal.value), refusal.value.returncode) == (sentence, 1)


def test_command_ends_with_two_where_the_numbers_differ(one: Recommendation) -> None:
    Recommendation.objects.filter(pk=one.pk).update(affinity=0.5)
    out = StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("explain_recommendation", str(one.pk), stdout=out)
    assert refusal.value.returncode == 2
    assert str(refusal.value) == f"Computed again from the snapshot of run #{one.run_id}: 1 value differs."
    assert f"affinity | 0.5 | {one.affinity}" in out.getvalue()


def test_command_ends_with_two_where_nothing_can_be_computed(one: Recommendation) -> None:
    RunSnapshot.objects.all().delete()
    out = StringIO()
    with pytest.raises(CommandError) as refusal:
        call_command("explain_recommendation", str(one.pk), "--format", "json", stdout=out)
    assert refusal.value.returncode == 2
    assert json.loads(out.getvalue())["replay"]["cause"] == "no_snapshot"
