"""What a reader is told of the rules on a pair: on its page before the answer, in a line of the digest."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from alliances.models import Organization
from matchmaking.enums import RuleVerdict
from matchmaking.models import JurisdictionRule, OutboxEmail, Recommendation
from matchmaking.services import digests
from matchmaking.services.jurisdiction import load_jurisdiction_rules
from matchmaking.wording.jurisdiction import limits_line
from tests.matchmaking.jurisdiction.rules import make_rule
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, text_of, words_of
from tests.matchmaking.scenes import Scene, make_scene

pytestmark = pytest.mark.django_db
LINE = {
    ENGLISH: "The law limits: sister or friendship tie. Read before you answer what it allows instead; not "
    "legal advice.",
    CHINESE: "法律对以下合作方式有限制：友好城市关系。请在答复之前阅读还可采用哪些形式；"
    "本提示不构成法律意见。",
}
NOTICE = {
    ENGLISH: "Sister or friendship tie: Blocked. Since 1 September 2025 a Texas state agency, city or county "
    "may not enter into a sister-city agreement with a community in China. Possible instead: A memorandum on "
    "one project, or cooperation between firms. Source: Texas Government Code, chapter 795 · Not legal "
    "advice; verify before use.",
    CHINESE: "友好城市关系：禁止。 自2025年9月1日起，得克萨斯州的州机构、市和县不得与中国的地方缔结"
    "友好城市协议。 还可采用： 就单个项目签订备忘录，或由企业之间开展合作。 "
    "来源： Texas Government Code, chapter 795 · 不构成法律意见；使用前请核实。",
}
languages = pytest.mark.parametrize("language", [ENGLISH, CHINESE])


def texan(language: str) -> Scene:
    scene = make_scene(language=language, cities=1)
    Organization.objects.filter(pk=scene.seekers[0].pk).update(region="TX")
    return scene


def page_on(scene: Scene, language: str, kind: str = "city") -> str:
    one = Recommendation.objects.get(seeker=scene.seekers[0], kind=kind)
    return text_of(signed_in(scene.readers[0], language), f"/recommendations/{one.public_id}/")


@languages
def test_the_page_names_the_other_form_before_the_answer(language: str) -> None:
    scene = texan(language)
    load_jurisdiction_rules()
    page = page_on(scene, language)
    assert NOTICE[language] in words_of(page)
    assert page.index("795") < page.index('value="interested"')
    assert 'href="https://statutes.capitol.texas.gov/Docs/GV/htm/GV.795.htm"' in page
    # A notice stands below, with the reasons.
    assert page.index('value="interested"') < page.index("28 CFR part 202")
    firm = page_on(scene, language, "firm")
    assert ("795" in firm, "notice--warn" in firm, "28 CFR part 202" in firm) == (False, False, True)


@languages
def test_how_a_tie_is_made_stands_below_the_answer_and_in_no_mail(language: str) -> None:
    scene = make_scene(language=language, cities=1)  # of a state without a rule of its own
    load_jurisdiction_rules()
    page = page_on(scene, language)
    summary = {ENGLISH: "Sister or friendship tie: Allowed in another form", CHINESE: "友好城市关系："}[
        language
    ]
    assert page.index('value="interested"') < page.index(f"<summary>{summary}")
    assert "notice--warn" not in page
    assert digests.queue_due() == 1
    assert LINE[language] not in OutboxEmail.objects.get().body_text


def test_a_verified_rule_is_still_no_advice() -> None:
    scene = texan(ENGLISH)
    make_rule(verdict=RuleVerdict.ANOTHER_FORM, is_verified=True)
    words = words_of(page_on(scene, ENGLISH))
    assert "Every kind of tie: Allowed in another form. The law says so." in words
    assert "Possible instead: A project memo. Source: Law 1 · Not legal advice." in words


def test_what_is_not_in_force_is_not_told() -> None:
    scene = texan(ENGLISH)
    load_jurisdiction_rules()
    JurisdictionRule.objects.update(ends_on="2026-01-01")
    assert "Not legal advice" not in page_on(scene, ENGLISH)


def test_a_rule_on_a_province_does_not_tell_where_an_anonymous_city_is() -> None:
    scene = texan(ENGLISH)
    Organization.objects.filter(pk=scene.candidates[0].pk).update(region="Shanghai", shows_name=False)
    make_rule(verdict=RuleVerdict.ANOTHER_FORM, cn_region="Shanghai")
    assert "Not legal advice" not in page_on(scene, ENGLISH)
    assert digests.queue_due() == 1
    assert "The law limits" not in OutboxEmail.objects.get().body_text


def test_many_rules_cost_the_page_one_query() -> None:
    scene = texan(ENGLISH)
    page_on(scene, ENGLISH)
    numbers = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            page_on(scene, ENGLISH)
        numbers.append(len(queries))
        for number in range(20):
            if len(numbers) == 1:
                make_rule(f"rule-{number}", RuleVerdict.ANOTHER_FORM)
    assert numbers[0] == numbers[1]


@languages
def test_the_digest_has_a_line_where_a_rule_leaves_another_form(language: str) -> None:
    texan(language)
    load_jurisdiction_rules()
    assert digests.queue_due() == 1
    mail = OutboxEmail.objects.get()
    # Of the city only; the firm and the alliance are free.
    assert [text.count(LINE[language]) for text in (mail.body_text, mail.body_html)] == [1, 1]


@languages
def test_kinds_of_tie_are_listed_once(language: str) -> None:
    rules = [
        make_rule("a", tie="pilot"),
        make_rule("b", tie="pilot"),
        make_rule("c", RuleVerdict.ANOTHER_FORM),
    ]
    with translation.override(language):
        line = limits_line(rules)
        none = limits_line([])
    assert none == ""
    listed = {ENGLISH: "pilot or testbed and every kind of tie", CHINESE: "试点或试验、各种合作方式"}
    assert listed[language] in line
