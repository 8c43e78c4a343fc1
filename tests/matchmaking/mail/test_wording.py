"""Facts in words: each sentence worked by hand, for both readers."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from alliances.enums import Country, Kind, PopulationBasis
from alliances.models import Organization
from alliances.regions import region_name
from matchmaking.engine.names import CAUSES, CRITERIA
from matchmaking.wording import (
    band_of,
    cause_label,
    criterion_label,
    criterion_rows,
    kind_name,
    large_number,
    listed,
    place_line,
    reason_sentence,
    score_words,
    told_reasons,
    told_sentence,
    told_sentences,
    unknown_labels,
)
from matchmaking.wording.breakdown import apportioned

TOPICS = {
    "e-mobility": "Electric mobility",
    "e-bus": "Electric buses",
    "ev": "EV charging",
    "sponge": "Sponge city and stormwater",
    "reuse": "Water reuse",
    "flood": "Flood control",
}
BANDS = {"fair": 25.0, "strong": 33.0, "very_strong": 40.0}


def answered(topic: str, offer: str = "", share: float = 0.5) -> dict[str, Any]:
    return {
        "topic": topic,
        "priority": 3,
        "offer": offer or topic,
        "maturity": 2,
        "direct": not offer,
        "share": share,
    }


def common(topic: str, reader: tuple[int | None, int | None], other: tuple[int | None, int | None]) -> Any:
    sides = {
        name: dict(zip(("priority", "maturity"), levels, strict=True))
        for name, levels in (("reader", reader), ("other", other))
    }
    return {"topic": topic, "share": 0.5, **sides}


def people(number: int) -> dict[str, Any]:
    return {"measure": "people", "size": number, "band": None}


def staff(band: str) -> dict[str, Any]:
    return {"measure": "staff", "size": 100, "band": band}


def reason(criterion: str, share: float = 0.1, **facts: Any) -> dict[str, Any]:
    return {"criterion": criterion, "share": share, "facts": facts}


def trust(*, released: int = 0, answered: int = 0, days: int | None = None) -> dict[str, Any]:
    return reason(
        "trust", verified_evidence=0, released=released, answered=answered, days_since_confirmed=days
    )


TWO_OF_FIVE = reason("needs_met", stated=5, topics=[answered("e-mobility"), answered("e-bus")])
MANY = ["e-mobility", "e-bus", "ev", "sponge", "reuse"]

SENTENCES: list[tuple[dict[str, Any], str, str]] = [
    (
        TWO_OF_FIVE,
        "Offers electric mobility and electric buses: two of your five needs.",
        "You offer electric mobility and electric buses: two of its five needs.",
    ),
    (
        reason("needs_met", stated=1, topics=[answered("ev")]),
        "Offers EV charging, your one stated need.",
        "You offer EV charging, its one stated need.",
    ),
    (
        reason("needs_met", stated=2, topics=[answered("e-bus"), answered("reuse")]),
        "Offers electric buses and water reuse: all of your needs.",
        "You offer electric buses and water reuse: all of its needs.",
    ),
    (
        reason("needs_met", stated=16, topics=[answered(slug) for slug in MANY]),
        "Offers electric mobility, electric buses, EV charging and two more: 5 of your 16 needs.",
        "You offer electric mobility, electric buses, EV charging and two more: 5 of its 16 needs.",
    ),
    (
        reason("needs_met", stated=3, topics=[answered("flood", "sponge")]),
        "Offers sponge city and stormwater, in the same challenge area as your need for flood control.",
        "You offer sponge city and stormwater, in the same challenge area as its need for flood control.",
    ),
    (
        # Only the strongest of the two is told: what it offers may be of another area than the second.
        reason("needs_met", stated=3, topics=[answered("ev", "e-bus"), answered("flood", "sponge")]),
        "Offers electric buses, in the same challenge area as your need for EV charging.",
        "You offer electric buses, in the same challenge area as its need for EV charging.",
    ),
    (
        reason("needs_met", stated=3, topics=[answered("flood", "sponge"), answered("reuse")]),
        "Offers water reuse: one of your three needs.",
        "You offer water reuse: one of its three needs.",
    ),
    (
        reason("offers_wanted", stated=3, topics=[answered("e-bus"), answered("reuse")]),
        "Needs electric buses and water reuse, which you offer.",
        "You need electric buses and water reuse, which it offers.",
    ),
    (
        reason("offers_wanted", stated=3, topics=[answered("flood", "sponge")]),
        "Needs flood control, in the same challenge area as your offer of sponge city and stormwater.",
        "You need flood control, in the same challenge area as its offer of sponge city and stormwater.",
    ),
    (
        reason(
            "shared_challenges", topics=[common("e-bus", (3, None), (2, 1)), common("ev", (None, 1), (1, 2))]
        ),
        "Has needs in common with you: electric buses.",
        "You have needs in common with it: electric buses.",
    ),
    (
        reason("shared_challenges", topics=[common("ev", (None, 1), (1, 2))]),
        "Offers EV charging, as you do.",
        "You offer EV charging, as it does.",
    ),
    (reason("shared_challenges", topics=[common("ev", (None, 1), (1, None))]), "", ""),
    (
        reason("reach", other=people(10_392_693)),
        "Has 10.4 million people.",
        "You have 10.4 million people.",
    ),
    (reason("reach", other=staff("large")), "Has 5,000 to 49,999 staff.", "You have 5,000 to 49,999 staff."),
    (
        reason("scale", reader=people(650_000), other=people(10_400_000), ratio=16.0),
        "Works at 16 times your scale: 10.4 million people.",
        "You work at 16 times its scale: 10.4 million people.",
    ),
    (
        reason("scale", reader=people(650_000), other=people(700_000), ratio=1.08),
        "Is of about your size: 700,000 people.",
        "You are of about its size: 700,000 people.",
    ),
    (
        reason("scale", reader=staff("small"), other=staff("very-large"), ratio=1000.0),
        "Is larger than you: 50,000 staff or more.",
        "You are larger: 50,000 staff or more.",
    ),
    (reason("scale", reader=people(9), other=people(1), ratio=0.1), "", ""),
    (
        reason("text", cosine=0.7),
        "You describe yourselves in much the same terms.",
        "You describe yourselves in much the same terms.",
    ),
    (
        reason("text", cosine=0.2),
        "You describe yourselves in partly similar terms.",
        "You describe yourselves in partly similar terms.",
    ),
    (
        reason("wanted_kinds", kind="firm"),
        "You look for firms, and it takes part as one.",
        "It looks for firms, and you take part as one.",
    ),
    (
        reason("partnership_types", shared=["pilot", "joint_research"], stated=["pilot"]),
        "Is open to pilot or testbed and joint research, as you are.",
        "You are open to pilot or testbed and joint research, as it is.",
    ),
    (
        reason("stage", reader="prototype", other="prototype", steps=0),
        "You are both at the same stage: prototype for demonstration.",
        "You are both at the same stage: prototype for demonstration.",
    ),
    (
        reason("horizon", reader="under_6", other="6_to_12", steps=1),
        "Your time frames are one step apart: under 6 months and 6 to 12 months.",
        "Your time frames are one step apart: under 6 months and 6 to 12 months.",
    ),
    (
        reason("horizon", reader="under_6", other="under_6", steps=0),
        "You have the same time frame: under 6 months.",
        "You have the same time frame: under 6 months.",
    ),
    (
        reason("budget", reader="under_50k", other="50k_to_250k", steps=1),
        "Your budgets are one step apart: under 50,000 USD and 50,000 to 250,000 USD.",
        "Your budgets are one step apart: under 50,000 USD and 50,000 to 250,000 USD.",
    ),
    (
        reason("budget", reader="under_50k", other="under_50k", steps=0),
        "You both state the same budget: under 50,000 USD.",
        "You both state the same budget: under 50,000 USD.",
    ),
    (
        reason("language", shared=["en", "zh"]),
        "Works in English and Chinese, as you do.",
        "You work in English and Chinese, as it does.",
    ),
    (
        reason("trust", verified_evidence=3, released=0, answered=0, days_since_confirmed=None),
        "References checked by staff: 3.",
        "Your references checked by staff: 3.",
    ),
    (
        reason("trust", verified_evidence=None, released=5, answered=4, days_since_confirmed=None),
        "Has answered 4 of 5 recommendations.",
        "You have answered 4 of 5 recommendations.",
    ),
    (
        reason("trust", verified_evidence=None, released=0, answered=0, days_since_confirmed=30),
        "Its profile was confirmed 30 days before scoring.",
        "Your profile was confirmed 30 days before scoring.",
    ),
    # Under half of the answers, and answers too few to count, are told to nobody.
    (trust(released=20, answered=1), "", ""),
    (trust(released=2, answered=2), "", ""),
    (
        trust(released=4, answered=3),
        "Has answered 3 of 4 recommendations.",
        "You have answered 3 of 4 recommendations.",
    ),
    (
        trust(released=20, answered=1, days=0),
        "Its profile was confirmed on the day of scoring.",
        "Your profile was confirmed on the day of scoring.",
    ),
    (
        trust(days=1),
        "Its profile was confirmed 1 day before scoring.",
        "Your profile was confirmed 1 day before scoring.",
    ),
    (
        trust(days=5),
        "Its profile was confirmed 5 days before scoring.",
        "Your profile was confirmed 5 days before scoring.",
    ),
]


@pytest.mark.parametrize(("given", "for_you", "for_them"), SENTENCES)
def test_reason_reads_as_written(given: dict[str, Any], for_you: str, for_them: str) -> None:
    assert told_sentence(given, for_them=False, topics=TOPICS) == for_you
    assert told_sentence(given, for_them=True, topics=TOPICS) == for_them


@pytest.mark.parametrize(
    ("given", "for_you", "for_them"),
    [
        (
            reason("needs_met", stated=3, topics=[answered("flood", "sponge")]),
            "可提供sponge，与贵方的flood需求同属一个挑战领域。",
            "贵方可提供sponge，与对方的flood需求同属一个挑战领域。",
        ),
        (
            reason("offers_wanted", stated=3, topics=[answered("flood", "sponge")]),
            "需要flood，与贵方可提供的sponge同属一个挑战领域。",
            "贵方需要flood，与对方可提供的sponge同属一个挑战领域。",
        ),
        (reason("reach", other=people(10_392_693)), "人口1039万。", "贵方人口1039万。"),
        (
            reason("wanted_kinds", kind="city"),
            "贵方希望结识城市，对方以城市身份参与。",
            "对方希望结识城市，贵方以城市身份参与。",
        ),
        (trust(days=0), "对方资料在评分当天确认过。", "贵方资料在评分当天确认过。"),
        (trust(days=1), "对方资料在评分前1天确认过。", "贵方资料在评分前1天确认过。"),
    ],
)
def test_reason_reads_as_written_in_chinese(given: dict[str, Any], for_you: str, for_them: str) -> None:
    with translation.override("zh-hans"):
        assert told_sentence(given, for_them=False, topics={}) == for_you
        assert told_sentence(given, for_them=True, topics={}) == for_them


def test_every_criterion_has_a_sentence_a_label_and_a_phrase() -> None:
    assert {given["criterion"] for given, *_ in SENTENCES} == set(CRITERIA)
    assert all(criterion_label(name) for name in CRITERIA)
    assert all(cause_label(name) for name in CAUSES)
    assert reason_sentence(TWO_OF_FIVE, TOPICS) == "needs met: electric mobility and electric buses (2 of 5)"
    near = reason("needs_met", stated=3, topics=[answered("flood", "sponge")])
    assert reason_sentence(near, TOPICS) == "needs met in the same challenge area: flood control"


def test_scale_is_told_with_the_needs_and_no_size_twice() -> None:
    scale = reason("scale", reader=people(650_000), other=people(10_400_000), ratio=16.0)
    reach = reason("reach", other=people(10_400_000))
    assert told_sentences([TWO_OF_FIVE, reach, scale], [], TOPICS)[0] == [
        "Offers electric mobility and electric buses: two of your five needs, at 16 times your scale.",
        "Has 10.4 million people.",
    ]
    assert told_sentences([reach, scale], [], TOPICS)[0] == [
        "Works at 16 times your scale: 10.4 million people."
    ]


def test_one_fact_is_told_on_one_side() -> None:
    theirs = [reason("needs_met", 0.3, stated=2, topics=[answered("ev")]), reason("language", shared=["en"])]
    mine = [
        reason("offers_wanted", 0.2, stated=2, topics=[answered("ev")]),
        reason("language", shared=["en"]),
    ]
    for_you, for_them = told_reasons(mine, theirs)
    assert [one["criterion"] for one in for_you] == ["language"]
    assert [one["criterion"] for one in for_them] == ["needs_met"]
    # Where it weighs more for the reader, the reader's side tells it.
    mine[0]["share"] = 0.4
    for_you, for_them = told_reasons(mine, theirs)
    assert [one["criterion"] for one in for_you] == ["offers_wanted", "language"]
    assert for_them == []


def test_at_most_three_reasons_for_you_and_two_for_them() -> None:
    others = [
        reason("needs_met", stated=5, topics=[answered("ev")]),
        reason("reach", other=people(5_000_000)),
        reason("text", cosine=0.9),
        reason("trust", verified_evidence=1, released=0, answered=0, days_since_confirmed=None),
    ]
    assert [len(side) for side in told_sentences(others, others, TOPICS)] == [3, 2]


@pytest.mark.parametrize(
    ("number", "english", "chinese"),
    [
        (740, "740", "740"),
        (23_968, "24,000", "2.4万"),
        (652_503, "653,000", "65.3万"),
        (999_499, "999,000", "99.9万"),
        (999_500, "1 million", "100万"),
        (2_000_000, "2 million", "200万"),
        (10_392_693, "10.4 million", "1039万"),
        (120_000_000, "120 million", "1.2亿"),
    ],
)
def test_large_numbers_are_as_people_say_them(number: int, english: str, chinese: str) -> None:
    assert large_number(number) == english
    with translation.override("zh-hans"):
        assert large_number(number) == chinese


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (0.767, "77 of 100, very strong"),
        (0.395, "40 of 100, very strong"),
        (0.394, "39 of 100, strong"),
        (0.25, "25 of 100, fair"),
        (0.0, "0 of 100, slight"),
    ],
)
def test_number_and_band_agree_whatever_order_the_bands_are_stored_in(score: float, words: str) -> None:
    assert score_words(score, BANDS) == words
    assert band_of(score, dict(reversed(BANDS.items()))) == band_of(score, BANDS)


def test_lists_follow_the_language() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
    with translation.override("zh-hans"):
        assert listed(["甲", "乙", "丙"]) == "甲、乙、丙"


def test_place_line_says_kind_region_and_size() -> None:
    city = Organization(kind=Kind.CITY, country=Country.CN, region="Hubei", population=10_392_693)
    city.population_basis = PopulationBasis.CITY_PROPER
    port = Organization(kind=Kind.CITY, subtype="port", country=Country.US, region="CA", size_band="medium")
    bare = Organization(kind=Kind.FIRM, country=Country.US)
    assert place_line(city) == "City · Hubei · 10.4 million people"
    assert place_line(port) == "Port · California · 250 to 4,999 staff"
    assert place_line(bare) == "Firm"
    assert region_name("US", "Cascadia") == "Cascadia"


def test_a_subtype_stands_alone() -> None:
    assert [kind_name("alliance", "university"), kind_name("alliance", "")] == ["University", "Alliance"]
    with translation.override("zh-hans"):
        assert kind_name("alliance", "university") == "大学"
        assert kind_name("city", "utility") == "公用事业机构"


def side(**known: float) -> dict[str, Any]:
    """A side on which each known criterion has weight 1 and the given value; base weight 1, value 0.1."""
    weighed = 1 + len(known)
    return {
        "affinity": (0.1 + sum(known.values())) / weighed,
        "base": 0.1 / weighed,
        "base_possible": 1 / weighed,
        "criteria": [
            {
                "criterion": name,
                "value": known.get(name),
                "weight": 1.0,
                "share": known.get(name, 0) / weighed,
                "possible": 1 / weighed if name in known else 0.0,
                "known": name in known,
            }
            for name in CRITERIA
        ],
        "reasons": [],
    }


def test_printed_points_add_up_to_the_printed_sum() -> None:
    told = side(needs_met=1 / 3, reach=2 / 3, wanted_kinds=1.0, partnership_types=0.5, language=0.0)
    rows = criterion_rows(told)
    assert [row.label for row in rows] == ["Base", "Needs met", "Reach", "Preferences", "Language"]
    # (0.1 + 1/3 + 2/3 + 1 + 0.5 + 0) / 6 = 0.43333
    assert [row.points for row in rows] == ["1.7", "5.5", "11.1", "25.0", "0.0"]
    assert sum(round(float(row.points) * 10) for row in rows) == 433
    assert unknown_labels(told) == [
        "Offers wanted",
        "Shared challenges",
        "Scale",
        "Self-descriptions",
        "Readiness",
        "Trust",
    ]


def test_apportioning_gives_the_rest_to_the_largest_remainders() -> None:
    # 33.33 + 33.33 + 33.33 tenths make 100: the first gets the missing one.
    assert apportioned([1 / 30, 1 / 30, 1 / 30], 100) == [34, 33, 33]
