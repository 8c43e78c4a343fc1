"""What the rules say of a pair, a kind of tie and a day: the shipped ones by table, and how rules add up."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, NamedTuple

import pytest
from django.db import IntegrityError, transaction

from alliances.enums import PartnershipType
from alliances.regions import CHINESE_REGIONS, US_REGIONS
from matchmaking.enums import RuleVerdict
from matchmaking.models import JurisdictionRule
from matchmaking.selectors.jurisdiction import all_rules, verdict_of
from matchmaking.services.jurisdiction import load_jurisdiction_rules
from tests.matchmaking.jurisdiction.rules import make_rule

pytestmark = pytest.mark.django_db
ALLOWED, ANOTHER_FORM, BLOCKED = RuleVerdict
SISTER, MEMO, PILOT, VENTURE = "sister_tie", "memorandum", "pilot", "joint_venture"
NOW = "2026-11-25"
# The shipped rules.
TX, AR, IN, CN, DATA = (
    "tx-sister-cities",
    "ar-sister-cities",
    "in-sister-cities",
    "cn-sister-ties",
    "us-bulk-data",
)


class Party(NamedTuple):
    country: str
    kind: str
    subtype: str = ""
    region: str = ""


def us(region: str, kind: str = "city", subtype: str = "") -> Party:
    return Party("US", kind, subtype, region)


def cn(region: str = "Hubei", kind: str = "city", subtype: str = "") -> Party:
    return Party("CN", kind, subtype, region)


# Worked out by hand from the texts: who, with whom, which kind of tie (None: the pair), when; the verdict and
# the rules that give it.
CASES: list[tuple[Party, Party, str | None, str, RuleVerdict, list[str]]] = [
    # Texas: new sister ties end with August 2025; nothing else does, and nobody else's.
    (us("TX"), cn(), SISTER, "2025-03-01", ANOTHER_FORM, [CN]),
    (us("TX"), cn(), SISTER, "2025-08-31", ANOTHER_FORM, [CN]),
    (us("TX"), cn(), SISTER, "2025-09-01", BLOCKED, [TX]),
    (us("TX"), cn(), SISTER, NOW, BLOCKED, [TX]),
    (us("TX"), cn("Guangdong"), SISTER, NOW, BLOCKED, [TX]),
    (us("TX", subtype="state_province"), cn(subtype="state_province"), SISTER, NOW, BLOCKED, [TX]),
    (us("TX", subtype="port"), cn("Shanghai", subtype="port"), SISTER, NOW, BLOCKED, [TX]),
    (us("TX"), cn(), MEMO, NOW, ALLOWED, [DATA]),
    (us("TX"), cn(), PILOT, NOW, ALLOWED, [DATA]),
    (us("TX"), cn(), VENTURE, NOW, ALLOWED, [DATA]),
    (us("TX"), cn(), None, "2025-08-31", ANOTHER_FORM, [CN]),
    (us("TX"), cn(), None, "2025-09-01", ANOTHER_FORM, [CN, TX]),
    (us("TX"), cn(), None, NOW, ANOTHER_FORM, [CN, TX]),
    (us("TX", "firm"), cn(), SISTER, NOW, ALLOWED, [DATA]),
    (us("TX", "firm"), cn(), None, NOW, ALLOWED, [DATA]),
    (us("TX"), cn(kind="firm"), None, NOW, ALLOWED, [DATA]),
    (us("TX", "firm"), cn(kind="firm"), PILOT, NOW, ALLOWED, [DATA]),
    (us("TX", "alliance"), cn(kind="alliance"), None, NOW, ALLOWED, [DATA]),
    # Arkansas: from 5 August 2025.
    (us("AR"), cn(), SISTER, "2025-08-04", ANOTHER_FORM, [CN]),
    (us("AR"), cn(), SISTER, "2025-08-05", BLOCKED, [AR]),
    (us("AR"), cn("Beijing"), SISTER, NOW, BLOCKED, [AR]),
    (us("AR"), cn(), PILOT, NOW, ALLOWED, [DATA]),
    (us("AR"), cn(), None, NOW, ANOTHER_FORM, [AR, CN]),
    (us("AR", "firm"), cn(), SISTER, NOW, ALLOWED, [DATA]),
    # Indiana: the first day is not known, so it always holds.
    (us("IN"), cn(), SISTER, "2024-01-01", BLOCKED, [IN]),
    (us("IN"), cn("Zhejiang"), SISTER, NOW, BLOCKED, [IN]),
    (us("IN"), cn(), None, NOW, ANOTHER_FORM, [CN, IN]),
    (us("IN"), cn(), MEMO, NOW, ALLOWED, [DATA]),
    (us("IN", "firm", "university"), cn(kind="firm", subtype="university"), SISTER, NOW, ALLOWED, [DATA]),
    # Elsewhere sister ties go through the friendship association.
    (us("OR"), cn(), SISTER, NOW, ANOTHER_FORM, [CN]),
    (us("OR"), cn(), SISTER, "2024-01-01", ANOTHER_FORM, [CN]),
    (us("CA"), cn("Hong Kong"), SISTER, NOW, ANOTHER_FORM, [CN]),
    (us(""), cn(""), SISTER, NOW, ANOTHER_FORM, [CN]),
    (us("OR"), cn(), None, NOW, ANOTHER_FORM, [CN]),
    (us("OR"), cn(), "peer_learning", NOW, ALLOWED, [DATA]),
    (us("OR"), cn(kind="firm"), SISTER, NOW, ALLOWED, [DATA]),
    (us("OR"), cn(kind="alliance"), None, NOW, ALLOWED, [DATA]),
    # The rule on data: a word of warning from 8 April 2025, for everybody.
    (us("OR", "firm"), cn(kind="firm"), PILOT, "2025-04-07", ALLOWED, []),
    (us("OR", "firm"), cn(kind="firm"), PILOT, "2025-04-08", ALLOWED, [DATA]),
    (us("OR", "firm"), cn("Macao", "firm"), "investment", NOW, ALLOWED, [DATA]),
    (us("OR", "firm"), cn(kind="firm"), None, "2025-04-07", ALLOWED, []),
    (us("NY", "firm", "hospital"), cn(kind="firm", subtype="hospital"), None, NOW, ALLOWED, [DATA]),
    (us("OR"), cn(), MEMO, "2025-04-07", ALLOWED, []),
]


def test_the_shipped_rules_by_table() -> None:
    load_jurisdiction_rules()
    rules = all_rules()
    assert len(CASES) >= 40
    for one, other, tie, day, verdict, because in CASES:
        for pair in ((one, other), (other, one)):
            ruling = verdict_of(rules, *pair, tie, date.fromisoformat(day))
            found = (ruling.verdict, [rule.slug for rule in ruling.rules])
            assert found == (verdict, because), (one, other, tie, day)


def test_the_verdict_costs_no_query(django_assert_num_queries: Any) -> None:
    load_jurisdiction_rules()
    with django_assert_num_queries(1):
        rules = all_rules()
        for _ in range(1000):
            verdict_of(rules, us("TX"), cn(), None, date(2026, 11, 25))


def pair_on(day: str, tie: str | None = None) -> RuleVerdict:
    return verdict_of(all_rules(), us("OR", subtype="port"), cn(), tie, date.fromisoformat(day)).verdict


def test_the_first_and_the_last_day_count() -> None:
    make_rule(begins_on="2027-01-01", ends_on="2027-12-31")
    days = ["2026-12-31", "2027-01-01", "2027-12-31", "2028-01-01"]
    assert [pair_on(day) for day in days] == [ALLOWED, BLOCKED, BLOCKED, ALLOWED]


def test_the_strictest_rule_on_a_kind_of_tie_wins() -> None:
    make_rule("a", ALLOWED)
    assert pair_on(NOW, PILOT) == ALLOWED
    make_rule("b", ANOTHER_FORM, tie=PILOT)
    assert (pair_on(NOW, PILOT), pair_on(NOW, MEMO), pair_on(NOW)) == (ANOTHER_FORM, ALLOWED, ANOTHER_FORM)
    make_rule("c", BLOCKED, tie=PILOT)
    assert (pair_on(NOW, PILOT), pair_on(NOW, MEMO), pair_on(NOW)) == (BLOCKED, ALLOWED, ANOTHER_FORM)
    make_rule("d", BLOCKED)
    assert (pair_on(NOW, PILOT), pair_on(NOW, MEMO), pair_on(NOW)) == (BLOCKED, BLOCKED, BLOCKED)


@pytest.mark.parametrize(
    ("asked", "verdict"),
    [
        ({"us_region": "OR"}, BLOCKED),
        ({"us_region": "WA"}, ALLOWED),
        ({"us_kind": "city", "us_subtype": "port"}, BLOCKED),
        ({"us_kind": "firm"}, ALLOWED),
        ({"us_subtype": "utility"}, ALLOWED),
        ({"cn_region": "Hubei", "cn_kind": "city"}, BLOCKED),
        ({"cn_region": "Hunan"}, ALLOWED),
        ({"cn_kind": "alliance"}, ALLOWED),
        ({"cn_subtype": "port"}, ALLOWED),
        # What the one side is says nothing of the other.
        ({"us_region": "OR", "cn_region": "Hunan"}, ALLOWED),
    ],
)
def test_whom_a_rule_is_about(asked: dict[str, Any], verdict: RuleVerdict) -> None:
    make_rule(**asked)
    assert pair_on(NOW) == verdict


# --- The table -----------------------------------------------------------------------------------


def test_loading_again_makes_nothing_and_leaves_what_staff_changed() -> None:
    assert load_jurisdiction_rules()[1:] == (5, 0, 0)
    JurisdictionRule.objects.filter(slug=TX).update(ends_on="2026-12-31", note="Repealed.")
    JurisdictionRule.objects.filter(slug=AR).delete()
    assert load_jurisdiction_rules()[1:] == (1, 0, 4)
    changed = JurisdictionRule.objects.get(slug=TX)
    assert (changed.ends_on, changed.note) == (date(2026, 12, 31), "Repealed.")


def test_shipped_rules_are_complete_and_wait_to_be_verified() -> None:
    load_jurisdiction_rules()
    for rule in all_rules():
        rule.full_clean()
        assert rule.history.count() == 1
        assert (rule.is_verified, rule.note != "", rule.citation_url != "") == (False, True, True)
        assert rule.us_region in ("", *US_REGIONS)
        assert rule.cn_region in ("", *CHINESE_REGIONS)


def changed(**columns: Any) -> Callable[[], Any]:
    return lambda: JurisdictionRule.objects.filter(pk=make_rule().pk).update(**columns)


NAME = "matchmaking_jurisdictionrule"
BREAKS: dict[str, list[Callable[[], Any]]] = {
    f"{NAME}_us_kind_known": [changed(us_kind="bank")],
    f"{NAME}_us_subtype_known": [changed(us_subtype="harbour")],
    f"{NAME}_cn_kind_known": [changed(cn_kind="bank")],
    f"{NAME}_cn_subtype_known": [changed(cn_subtype="harbour")],
    f"{NAME}_tie_known": [changed(tie="wedding")],
    f"{NAME}_verdict_known": [changed(verdict="perhaps")],
    f"{NAME}_days_in_order": [changed(begins_on="2026-01-02", ends_on="2026-01-01")],
    f"{NAME}_cited": [changed(citation="")],
    f"{NAME}_explained": [changed(explanation_en=""), changed(explanation_zh="")],
    f"{NAME}_other_form_stated": [
        changed(verdict="another_form"),
        changed(other_form_en="A memo."),
        changed(other_form_zh="备忘录。"),
        changed(verdict="allowed", other_form_en="A memo.", other_form_zh="备忘录。"),
    ],
}


@pytest.mark.parametrize("name", BREAKS)
def test_the_database_refuses(name: str) -> None:
    for break_it in BREAKS[name]:
        with pytest.raises(IntegrityError, match=f'constraint "{name}"'), transaction.atomic():
            break_it()


def test_no_constraint_is_left_out_and_what_may_stand_stands() -> None:
    assert {constraint.name for constraint in JurisdictionRule._meta.constraints} == set(BREAKS)
    one_day: dict[str, Any] = {"begins_on": "2026-01-01", "ends_on": "2026-01-01"}
    make_rule("blocked-with-another-form", other_form_en="A memo.", other_form_zh="备忘录。", **one_day)
    make_rule("every-kind", tie="")
    for tie in PartnershipType.values:
        make_rule(tie, tie=tie)
