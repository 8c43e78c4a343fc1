"""The desk's page of jurisdiction rules: what it refuses and in which words, and that changes are kept."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client

from alliances.enums import Country
from alliances.models import User
from matchmaking.enums import RuleVerdict
from matchmaking.models import JurisdictionRule
from tests.factories import make_organization, make_user
from tests.matchmaking.admin.test_desk import cost
from tests.matchmaking.jurisdiction.rules import make_rule
from tests.matchmaking.portal.pages import CHINESE, ENGLISH

pytestmark = pytest.mark.django_db
LIST = "/admin/matchmaking/jurisdictionrule/"
FORM = {
    "slug": "new",
    "verdict": "blocked",
    "tie": "sister_tie",
    "us_region": "TX",
    "explanation_en": "The law says so.",
    "explanation_zh": "法律如此规定。",
    "citation": "Law 1",
}
ORDER = {
    ENGLISH: "The last day comes before the first. Change one of the two.",
    CHINESE: "最后一天早于第一天。请修改其中之一。",
}
OTHER_FORM = {
    ENGLISH: "“Allowed in another form” needs the other form in English and in Chinese, “blocked” may have "
    "it in both, “allowed” has none. Fill in or empty the two fields.",
    CHINESE: "“须采用其他形式”要求用中英文填写其他形式，“禁止”可以两者都填，“允许”则不填。"
    "请填写或清空这两个字段。",
}


@pytest.fixture
def curator() -> User:
    return make_user(is_staff=True, is_superuser=True)


@pytest.fixture
def desk(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


def test_a_rule_is_made_and_changed_and_its_history_says_by_whom(desk: Client, curator: User) -> None:
    assert desk.post(f"{LIST}add/", FORM).status_code == 302
    rule = JurisdictionRule.objects.get()
    assert (rule.us_region, rule.cn_region, rule.begins_on, rule.is_verified) == ("TX", "", None, False)
    answer = desk.post(f"{LIST}{rule.pk}/change/", {**FORM, "ends_on": "2027-12-31"})
    assert answer.status_code == 302
    history = [(row.history_type, str(row.ends_on), row.history_user) for row in rule.history.all()]
    assert history == [("~", "2027-12-31", curator), ("+", "None", curator)]
    assert desk.get(f"{LIST}{rule.pk}/history/").status_code == 200
    assert desk.get(f"{LIST}x/history/").status_code == 302


@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"begins_on": "2026-02-01", "ends_on": "2026-01-31"}, ORDER),
        ({"verdict": "another_form"}, OTHER_FORM),
        ({"verdict": "another_form", "other_form_en": "A memo."}, OTHER_FORM),
        ({"verdict": "allowed", "other_form_en": "A memo.", "other_form_zh": "备忘录。"}, OTHER_FORM),
    ],
)
def test_what_does_not_go_together_is_refused_in_words(
    desk: Client, wrong: dict[str, str], words: dict[str, str], language: str
) -> None:
    answer = desk.post(f"{LIST}add/", {**FORM, **wrong}, headers={"accept-language": language})
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors == {"__all__": [words[language]]}
    assert not JurisdictionRule.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("us_region", "Texas"),
        ("cn_region", "TX"),
        ("us_kind", "bank"),
        ("tie", "wedding"),
        ("verdict", ""),
        ("citation", " "),
        ("explanation_zh", ""),
        ("citation_url", "javascript:alert(1)"),
        ("begins_on", "soon"),
        ("slug", "two words"),
    ],
)
def test_a_field_that_is_wrong_is_named(desk: Client, field: str, value: str) -> None:
    answer = desk.post(f"{LIST}add/", {**FORM, field: value})
    assert answer.status_code == 200
    assert list(answer.context["adminform"].form.errors) == [field]
    assert not JurisdictionRule.objects.exists()


def test_rules_in_force_are_found_by_day(desk: Client) -> None:
    make_rule("now")
    make_rule("past", ends_on="2026-01-01")
    make_rule("to-come", begins_on="2999-01-01")

    def shown(query: str) -> set[str]:
        return {rule.slug for rule in desk.get(f"{LIST}?{query}").context["cl"].result_list}

    assert shown("in_force=yes") == {"now"}
    assert shown("in_force=no") == {"past", "to-come"}
    assert shown("") == {"now", "past", "to-come"}


def test_nobody_deletes_a_rule_and_only_staff_see_them(desk: Client) -> None:
    rule = make_rule()
    assert desk.post(f"{LIST}{rule.pk}/delete/", {"post": "yes"}).status_code == 403
    other = Client()
    other.force_login(make_user())
    assert other.get(LIST).status_code != 200


def test_the_list_costs_the_same_for_one_and_many(desk: Client) -> None:
    make_rule()
    of_one = cost(desk, "jurisdictionrule")
    for number in range(10):
        make_rule(f"rule-{number}", RuleVerdict.ANOTHER_FORM)
    assert cost(desk, "jurisdictionrule") == of_one


# --- A pair on a day ------------------------------------------------------------------------------


def check(desk: Client, language: str = ENGLISH, **asked: str | int) -> tuple[list[tuple[str, str]], str]:
    """The verdicts by kind of tie that are not simply allowed, and the page."""
    answer = desk.get(f"{LIST}check/", asked, headers={"accept-language": language})
    assert answer.status_code == 200
    said = answer.context["said"] or []
    allowed = RuleVerdict.ALLOWED
    return (
        [(one.tie, one.verdict) for one in said if one.ruling.verdict != allowed],
        answer.content.decode(),
    )


@pytest.mark.parametrize("turned", [False, True])
def test_a_pair_is_checked_on_a_day_whichever_comes_first(desk: Client, *, turned: bool) -> None:
    us, cn = make_organization(region="TX"), make_organization(region="Hubei", country=Country.CN)
    make_rule(us_region="TX", tie="sister_tie", begins_on=date(2027, 1, 1))
    one, other = (cn.pk, us.pk) if turned else (us.pk, cn.pk)
    assert check(desk, one=one, other=other, on="2026-12-31")[0] == []
    found, page = check(desk, one=one, other=other, on="2027-01-01")
    assert found == [("The pair", "Allowed in another form"), ("Sister or friendship tie", "Blocked")]
    assert "The law says so." in page


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (ENGLISH, "Both are in the same country: China. Rules are on ties between the two countries."),
        (CHINESE, "两个机构都在同一国家：中国。规则只涉及两国之间的合作。"),
    ],
)
def test_two_of_one_country_are_refused_in_words(desk: Client, language: str, words: str) -> None:
    one, other = (make_organization(country=Country.CN) for _number in range(2))
    found, page = check(desk, language, one=one.pk, other=other.pk, on="2026-12-31")
    assert (found, words in page) == ([], True)


@pytest.mark.parametrize("asked", [{"one": "x", "other": "0", "on": "soon"}, {"one": "1"}])
def test_what_is_no_pair_is_said_and_nothing_is_checked(desk: Client, asked: dict[str, str]) -> None:
    found, page = check(desk, ENGLISH, **asked)
    assert (found, 'class="rulings"' in page) == ([], False)


def test_whoever_may_not_see_rules_checks_none(client: Client) -> None:
    client.force_login(make_user(is_staff=True))
    assert client.get(f"{LIST}check/").status_code == 403
