"""Scoring policies at the desk: written in a form, shown beside the one in force."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from alliances.enums import Country
from alliances.models import RegisterEvent, User
from matchmaking import engine
from matchmaking.enums import RunState
from matchmaking.models import CurationEvent, MatchRun, ScoringPolicy
from matchmaking.services import policies
from matchmaking.wording import policy as wording
from tests.factories import make_organization, make_user, prove
from tests.matchmaking.runs.conftest import work_off

pytestmark = pytest.mark.django_db
LIST = "/admin/matchmaking/scoringpolicy/"
ADD = f"{LIST}add/"
RULES = engine.Policy.default().to_dict()


@pytest.fixture
def curator() -> User:
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


def page_of(policy: ScoringPolicy) -> str:
    return f"{LIST}{policy.pk}/change/"


def posted(**changes: Any) -> dict[str, Any]:
    """The form as a browser sends it, with these paths (`__` for a point) changed."""
    stated = {"name": "standard", "note": "", **policies.flat_rules(policies.active_policy().rules)}
    return stated | {path.replace("__", "."): value for path, value in changes.items()}


def said(desk: Client, language: str = "en", **changes: Any) -> dict[str, list[str]]:
    """What the form answers, by field."""
    answer = desk.post(ADD, posted(**changes), headers={"accept-language": language})
    assert answer.status_code == 200
    errors: dict[str, list[str]] = answer.context["form"].errors
    return {name: list(sentences) for name, sentences in errors.items()}


def test_every_number_and_word_has_a_field_a_name_and_a_remedy_in_both_languages() -> None:
    paths = [one.path for one in policies.rule_fields()]
    grouped = [path for _title, paths in wording.GROUPS for path in paths]
    assert sorted(grouped) == sorted(path for path in paths if not path.startswith("weights."))
    assert set(grouped) == set(wording.RULES)
    assert {word for one in policies.rule_fields() for word in one.words} == {
        word for choices in wording.CHOICES.values() for word in choices
    }
    assert {one.range.remedy for one in policies.rule_fields() if one.range} < set(wording.REMEDIES)
    english = [wording.rule_label(path) for path in paths]
    with translation.override("zh-hans"):
        chinese = [wording.rule_label(path) for path in paths]
    assert len(set(english)) == len(set(chinese)) == len(paths) == 63
    assert not set(english) & set(chinese)


def test_rules_become_one_level_and_whole_again() -> None:
    flat = policies.flat_rules(RULES)
    assert (flat["weights.city.needs_met"], flat["reach_people.1"], flat["band_staff.very-large"]) == (
        1.0,
        7.5,
        100_000,
    )
    assert policies.nested_rules(flat) == RULES
    changed = {**RULES, "tau": 2.0, "reach_staff": [1.5, 6.0]}
    differences = [("tau", 1.0, 2.0), ("reach_staff.1", 5.0, 6.0)]
    assert policies.rules_differences(RULES, changed) == differences
    # As the database gives them back, in an order of its own.
    stored = policies.policy_new_version("standard", changed)
    stored.refresh_from_db()
    assert policies.rules_differences(RULES, stored.rules) == differences


def test_the_form_begins_from_the_version_in_force_or_from_a_chosen_one(desk: Client) -> None:
    policies.active_policy()
    gentle = policies.policy_new_version("gentle", {**RULES, "tau": 2.5, "c0": 1 / 3})
    form = desk.get(ADD).context["form"]
    assert (form["name"].value(), form["tau"].value()) == ("standard", 1)
    form = desk.get(f"{ADD}?from={gentle.pk}").context["form"]
    assert (form["name"].value(), form["tau"].value(), form["c0"].value()) == ("gentle", 2.5, 1 / 3)
    for nothing in ("x", "999999", "-1"):
        assert desk.get(f"{ADD}?from={nothing}").context["form"]["tau"].value() == 1


def test_what_is_kept_is_a_new_version_with_exactly_what_was_typed(desk: Client, curator: User) -> None:
    before = policies.active_policy()
    answer = desk.post(ADD, posted(note="slower", tau="0.30000000000000004", top_k="7", fusion="min"))
    made = ScoringPolicy.objects.get(version=2)
    assert answer.headers["Location"] == page_of(made)
    assert (made.name, made.note, made.created_by, made.is_active) == ("standard", "slower", curator, False)
    assert made.rules == {**RULES, "tau": 0.1 + 0.2, "top_k": 7, "fusion": "min"}
    before.refresh_from_db()
    assert (before.rules, before.is_active) == (RULES, True)


@pytest.mark.parametrize(
    ("path", "value", "english", "chinese"),
    [
        ("weights__city__needs_met", "-1", "-1 cannot stand: give a number from 0 to 100.", "-1"),
        ("tau", "0", "0 cannot stand: give a number above 0, at most 1,000.", "1,000"),
        ("tau", "nan", "Give a number above 0, at most 1,000.", "1,000"),
        ("c0", "", "Give a number from 0 to 1.", "0"),
        ("top_k", "20.5", "Give a whole number from 1 to 1,000.", "1,000"),
        ("top_k", "0", "0 cannot stand: give a whole number from 1 to 1,000.", "1,000"),
        ("reach_people__0", "9", "9, 7.5 cannot stand: give two numbers, the lower first.", "9, 7.5"),
        (
            "bands__very_strong",
            "30",
            "30, 33, 25 cannot stand: give falling thresholds: very_strong above strong above fair.",
            "30, 33, 25",
        ),
    ],
)
def test_a_value_that_cannot_stand_is_named_at_its_field(
    desk: Client, path: str, value: str, english: str, chinese: str
) -> None:
    name = path.replace("__", ".")
    expected = english.replace(
        "very_strong above strong above fair", "“very strong” above “strong” above “fair”"
    )
    assert said(desk, **{path: value}) == {name: [expected]}
    ((field, [sentence]),) = said(desk, "zh-hans", **{path: value}).items()
    assert field == name
    assert chinese in sentence
    assert "give" not in sentence.lower()
    assert ScoringPolicy.objects.count() == 1


def test_all_faults_are_told_at_once(desk: Client) -> None:
    assert set(said(desk, tau="0", c0="2", load_factor="x", name="not a slug")) == {
        "tau",
        "c0",
        "load_factor",
        "name",
    }


def test_weights_that_are_all_0_are_refused_by_kind(desk: Client) -> None:
    nothing: Any = {f"weights__firm__{criterion}": "0" for criterion in RULES["weights"]["firm"]}
    sentence = (
        "The weights of firms sum to 0, so that all their pairs would score the same: give at least one of "
        "them above 0."
    )
    assert said(desk, **nothing) == {"weights.firm.needs_met": [sentence]}
    assert "企业" in said(desk, "zh-hans", **nothing)["weights.firm.needs_met"][0]
    rules = {**RULES, "weights": {**RULES["weights"], "firm": dict.fromkeys(RULES["weights"]["firm"], 0.0)}}
    with translation.override("en"), pytest.raises(ValidationError, match="weights of firms"):
        policies.policy_new_version("standard", rules)


@pytest.mark.parametrize(
    ("language", "label"), [("en", "Half-way point (tau)"), ("zh-hans", "半程点（tau）")]
)
def test_a_versions_page_shows_what_differs_from_the_one_in_force(
    desk: Client, language: str, label: str
) -> None:
    active = policies.active_policy()
    made = policies.policy_new_version("standard", {**RULES, "tau": 2.5, "fusion": "min"})
    page = desk.get(page_of(made), headers={"accept-language": language})
    assert [(one[1], one[2]) for one in page.context["differences"]] == [
        ("1", "2.5"),
        *[(wording_of("harmonic", language), wording_of("min", language))],
    ]
    assert page.context["differences"][0][0] == label
    assert f"?from={made.pk}" in page.content.decode()
    assert desk.get(page_of(active)).context["differences"] == []


def wording_of(fusion: str, language: str) -> str:
    with translation.override(language):
        return str(wording.CHOICES["fusion"][fusion])


def test_the_pages_cost_the_same_however_many_versions_there_are(desk: Client) -> None:
    def cost(address: str) -> int:
        desk.get(address)
        with CaptureQueriesContext(connection) as queries:
            desk.get(address)
        return len(queries)

    made = policies.policy_new_version("standard", {**policies.active_policy().rules, "tau": 2.0})
    before = [cost(address) for address in (LIST, ADD, page_of(made))]
    for tau in (3.0, 4.0, 5.0):
        policies.policy_new_version("standard", {**RULES, "tau": tau})
    assert [cost(address) for address in (LIST, ADD, page_of(made))] == before


def test_who_may_only_look_writes_no_version(client: Client) -> None:
    person = make_user(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_scoringpolicy"))
    client.force_login(person)
    policy = policies.active_policy()
    page = client.get(page_of(policy))
    assert (page.status_code, "?from=" in page.content.decode()) == (200, False)
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, posted()).status_code == 403
    assert ScoringPolicy.objects.count() == 1


# --- Previews -------------------------------------------------------------------------------------


def make_cities() -> None:
    """Two US cities with one need, which one Chinese city answers well and one a little."""
    for code in ("us-a", "us-b"):
        make_organization(code, name_en=code.upper(), needs={"sponge-city": 3})
    for code, maturity in (("cn-x", 3), ("cn-y", 1)):
        make_organization(
            code, country=Country.CN, name_en=f"={code}", name_zh="汉", offers={"sponge-city": maturity}
        )


def shorter_to_longer(top_k: int = 2) -> ScoringPolicy:
    """A version with two places a list or more, where the one in force has one."""
    policies.policy_activate(
        policies.policy_new_version("standard", {**policies.active_policy().rules, "top_k": 1})
    )
    return policies.policy_new_version("standard", {**RULES, "top_k": top_k})


def preview_of(policy: ScoringPolicy) -> str:
    return f"{LIST}{policy.pk}/preview/"


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ("Who gains most", "No introduction is recorded yet", "Cities")),
        ("zh-hans", ("获益最多", "尚无引荐记录", "城市")),
    ],
)
def test_a_preview_is_asked_for_watched_and_read(
    desk: Client, curator: User, language: str, words: tuple[str, ...]
) -> None:
    make_cities()
    made = shorter_to_longer()
    assert desk.get(preview_of(made)).context["run"] is None
    answer = desk.post(preview_of(made))
    assert answer.headers["Location"] == preview_of(made)
    run = MatchRun.objects.get()
    assert (run.policy, run.requested_by, run.beside) == (made, curator, policies.active_policy())
    page = desk.get(preview_of(made), headers={"accept-language": language})
    assert page.headers["Refresh"] == "3"
    assert '<progress class="policy__progress" max="3" value="0"' in page.content.decode()
    desk.post(preview_of(made))
    assert MatchRun.objects.count() == 1
    work_off()
    page = desk.get(preview_of(made), headers={"accept-language": language})
    assert "Refresh" not in page.headers
    text = page.content.decode()
    for word in words:
        assert word in text
    # With one place a list: both US cities list cn-x, both Chinese ones us-a.
    assert page.context["churn"] == [(words[2], "4", "8", "0", "4", "0.0 %")]
    assert [(m.organization.code, m.before, m.after, m.change) for m in page.context["gains"]] == [
        ("cn-y", 0, 2, "+2"),
        ("us-b", 0, 2, "+2"),
    ]
    assert page.context["losses"] == []
    assert [(one.before, one.after) for one in page.context["coverage"]] == [
        ("50.0 % (2)", "100.0 % (4)"),
        ("0", "0"),
    ]
    assert not page.context["stale"]


def test_a_preview_under_way_is_cancelled_and_one_that_has_ended_stays(desk: Client, curator: User) -> None:
    make_cities()
    made = shorter_to_longer()
    desk.post(preview_of(made))
    run = MatchRun.objects.get()
    # What this one is not is left alone.
    for other in ("", "abc", str(run.pk + 1)):
        desk.post(preview_of(made), {"cancel": other})
    page = desk.get(preview_of(made), headers={"accept-language": "zh-hans"})
    assert (page.context["is_open"], "取消本次预览" in page.content.decode()) == (True, True)
    desk.post(preview_of(made), {"cancel": run.pk})
    run.refresh_from_db()
    assert (run.state, CurationEvent.objects.latest("pk").actor_id) == (RunState.CANCELLED, curator.pk)
    page = desk.get(preview_of(made))
    assert "Refresh" not in page.headers
    assert ("Cancel this preview" in page.content.decode(), "Preview again" in page.content.decode()) == (
        False,
        True,
    )
    work_off()
    refused = desk.post(preview_of(made), {"cancel": run.pk}, follow=True)
    words = f"Run {run.pk} is Cancelled; only a queued or running run can be cancelled."
    assert [str(one) for one in refused.context["messages"]] == [words]
    assert MatchRun.objects.count() == 1


def test_what_is_lost_is_said_and_an_older_comparison_is_called_so(desk: Client) -> None:
    make_cities()
    policies.active_policy()
    longer = shorter_to_longer()
    shorter = policies.active_policy()
    policies.policy_activate(longer)
    desk.post(preview_of(shorter))
    work_off()
    page = desk.get(preview_of(shorter))
    assert [(m.organization.code, m.before, m.after, m.change) for m in page.context["losses"]] == [
        ("us-b", 2, 0, "−2"),
        ("cn-y", 2, 0, "−2"),
    ]
    assert page.context["churn"] == [("Cities", "8", "4", "4", "0", "50.0 %")]
    policies.policy_activate(ScoringPolicy.objects.get(version=1))
    page = desk.get(preview_of(shorter))
    assert page.context["stale"]
    assert f"{longer} is no longer in force" in page.content.decode()


def test_the_file_has_every_organization_and_runs_as_no_formula(desk: Client) -> None:
    make_cities()
    made = shorter_to_longer()
    address = f"{LIST}{made.pk}/preview.csv"
    assert desk.get(address).status_code == 302
    desk.post(preview_of(made))
    assert desk.get(address).status_code == 302
    work_off()
    assert desk.get(address).headers["Location"].startswith("/accounts/")
    prove(desk)
    answer = desk.get(address)
    run = MatchRun.objects.get()
    event = RegisterEvent.objects.get(kind="exported")
    assert event.data == {"list": f"preview-standard-v3-run-{run.pk}", "format": "csv", "rows": 4}
    assert (
        answer.headers["Content-Disposition"]
        == f'attachment; filename="preview-standard-v3-run-{run.pk}.csv"'
    )
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0][:1] + rows[0][5:] == [
        "code",
        "lists_before",
        "lists_after",
        "change",
        "own_entries_before",
        "own_entries_after",
    ]
    assert [row[:1] + row[5:] for row in rows[1:]] == [
        ["cn-y", "0", "2", "2", "1", "2"],
        ["us-b", "0", "2", "2", "1", "2"],
        ["cn-x", "2", "2", "0", "1", "2"],
        ["us-a", "2", "2", "0", "1", "2"],
    ]
    assert rows[1][1] == "'=cn-y"


def test_runs_and_the_dashboard_know_nothing_of_previews(desk: Client) -> None:
    make_cities()
    made = shorter_to_longer()
    desk.post(preview_of(made))
    work_off()
    assert desk.get("/admin/matchmaking/matchrun/").context["cl"].result_count == 0
    assert desk.get("/admin/").context["panels"]["run"] == {"run": None}
    run = MatchRun.objects.get()
    assert desk.get(f"/admin/matchmaking/matchrun/{run.pk}/change/").status_code == 302


def told(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_the_policy_in_force_is_not_previewed_and_nobody_else_asks(desk: Client, client: Client) -> None:
    active = policies.active_policy()
    answer = desk.post(preview_of(active), follow=True)
    assert told(answer) == ["standard v1 is in force: there is nothing to compare it with."]
    person = make_user(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_scoringpolicy"))
    client.force_login(person)
    made = policies.policy_new_version("standard", {**RULES, "tau": 2.0})
    assert client.get(preview_of(made)).status_code == 200
    assert client.post(preview_of(made)).status_code == 403
    client.force_login(make_user(is_staff=True))
    for address in (preview_of(made), f"{LIST}{made.pk}/preview.csv"):
        assert client.get(address).status_code == 403
    client.logout()
    assert client.get(preview_of(made)).status_code == 302
    assert MatchRun.objects.count() == 0


def test_a_preview_costs_the_same_for_ten_times_the_organizations(desk: Client) -> None:
    def cost(address: str) -> int:
        desk.get(address)
        with CaptureQueriesContext(connection) as queries:
            desk.get(address)
        return len(queries)

    make_cities()
    made = shorter_to_longer(top_k=12)
    addresses = (preview_of(made), f"{LIST}{made.pk}/preview.csv")
    desk.post(preview_of(made))
    work_off()
    prove(desk)
    of_four = [cost(address) for address in addresses]
    for _ in range(20):
        make_organization(needs={"sponge-city": 3})
        make_organization(country=Country.CN, offers={"sponge-city": 3})
    desk.post(preview_of(made))
    work_off()
    assert len(desk.get(preview_of(made)).context["gains"]) == 10
    assert [cost(address) for address in addresses] == of_four


# --- Publishing -----------------------------------------------------------------------------------


def act(desk: Client, policy: ScoringPolicy, word: str, **given: str) -> Any:
    return desk.post(f"{LIST}{policy.pk}/{word}/", given, follow=True)


def test_a_version_is_published_after_its_preview_and_rolled_back_in_one_click(
    desk: Client, curator: User
) -> None:
    make_cities()
    made = shorter_to_longer()
    before = policies.active_policy()
    refused = act(desk, made, "publish")
    sentence = (
        "There is no preview of standard v3 on a register of at most a day ago: preview it, or give a reason "
        "of at most 500 characters for publishing it without."
    )
    assert refused.context["form"].errors == {"reason": [sentence]}
    assert policies.active_policy() == before
    desk.post(preview_of(made))
    work_off()
    assert told(act(desk, made, "publish")) == ["standard v3: In force."]
    assert policies.active_policy() == made
    page = desk.get(page_of(made))
    assert page.context["before"] == before
    assert f'action="{LIST}{before.pk}/roll-back/"' in page.content.decode()
    assert told(act(desk, before, "roll-back")) == ["standard v2: In force."]
    assert policies.active_policy() == before
    assert told(act(desk, before, "roll-back")) == ["standard v2 is in force already."]
    kinds = CurationEvent.objects.filter(subject="policy", actor_id=curator.pk).order_by("pk")
    assert [(one.subject_id, one.kind, one.data.get("rolled_back")) for one in kinds] == [
        (made.pk, "activated", None),
        (before.pk, "activated", True),
    ]
    assert kinds[0].data["preview"] == MatchRun.objects.get().pk


def test_without_a_preview_it_takes_a_reason_which_its_page_shows(desk: Client) -> None:
    policies.active_policy()
    made = policies.policy_new_version("standard", {**RULES, "tau": 2.0})
    assert told(act(desk, made, "publish", reason="The ministry asked for it.")) == ["standard v2: In force."]
    assert "The ministry asked for it." in desk.get(page_of(made)).content.decode()


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_version_is_scheduled_and_taken_from_the_schedule(desk: Client, language: str) -> None:
    policies.active_policy()
    made = policies.policy_new_version("standard", {**RULES, "tau": 2.0})
    desk.cookies["django_language"] = language
    told_now = told(act(desk, made, "publish", reason="Agreed.", at="2099-12-01 01:30"))
    words = {"en": "In force from 2099-12-01 01:30 UTC", "zh-hans": "自2099-12-01 01:30 UTC起有效"}[language]
    assert words in told_now[0]
    made.refresh_from_db()
    assert made.scheduled_for == datetime(2099, 12, 1, 1, 30, tzinfo=UTC)
    assert words in desk.get(page_of(made)).content.decode()
    assert words in desk.get(LIST).content.decode()
    act(desk, made, "unschedule")
    assert ScoringPolicy.objects.filter(pk=made.pk, scheduled_for=None, is_active=False).exists()
    for wrong in ("tomorrow", "2020-01-01 00:00"):
        answer = act(desk, made, "publish", reason="Agreed.", at=wrong)
        assert list(answer.context["form"].errors) == ["at"]
    made.refresh_from_db()
    assert made.scheduled_for is None


def test_what_was_never_in_force_is_no_choice_of_a_run(desk: Client) -> None:
    active = policies.active_policy()
    made = policies.policy_new_version("standard", {**RULES, "tau": 2.0})
    assert desk.post("/admin/matchmaking/matchrun/add/", {"policy": made.pk}).status_code == 200
    assert MatchRun.objects.count() == 0
    assert desk.post("/admin/matchmaking/matchrun/add/", {"policy": active.pk}).status_code == 302


def test_only_who_may_change_policies_publishes(client: Client) -> None:
    policies.active_policy()
    made = policies.policy_new_version("standard", {**RULES, "tau": 2.0})
    person = make_user(is_staff=True)
    person.user_permissions.add(Permission.objects.get(codename="view_scoringpolicy"))
    client.force_login(person)
    assert "/publish/" not in client.get(page_of(made)).content.decode()
    for word in ("publish", "unschedule", "roll-back"):
        assert client.post(f"{LIST}{made.pk}/{word}/", {"reason": "x"}).status_code == 403
        assert client.get(f"{LIST}{made.pk}/{word}/").status_code == 302
        assert client.post(f"{LIST}999999/{word}/").status_code == 302
    made.refresh_from_db()
    assert not made.is_active
