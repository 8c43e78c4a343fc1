"""Local times of the two sides."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import translation

from alliances.enums import Country
from alliances.models import Organization
from alliances.regions import US_REGIONS
from matchmaking.wording.clocks import SPLIT_STATES, ZONE_OF_STATE, clock, hours_apart, time_left

WINTER = datetime(2026, 1, 15, 20, 30, tzinfo=UTC)
SUMMER = datetime(2026, 7, 15, 20, 30, tzinfo=UTC)


def place(country: Country, region: str) -> Organization:
    return Organization(country=country, region=region)


def test_every_state_has_a_zone() -> None:
    assert set(ZONE_OF_STATE) == set(US_REGIONS)
    assert set(US_REGIONS) > SPLIT_STATES


@pytest.mark.parametrize(
    ("country", "region", "winter", "summer", "about"),
    [
        (Country.US, "OR", "12:30, Thursday 15 January", "13:30, Wednesday 15 July", True),
        (Country.US, "NY", "15:30, Thursday 15 January", "16:30, Wednesday 15 July", False),
        (Country.US, "AZ", "13:30, Thursday 15 January", "13:30, Wednesday 15 July", True),
        (Country.US, "HI", "10:30, Thursday 15 January", "10:30, Wednesday 15 July", False),
        (Country.CN, "Hubei", "04:30, Friday 16 January", "04:30, Thursday 16 July", False),
        (Country.CN, "Xinjiang", "04:30, Friday 16 January", "04:30, Thursday 16 July", False),
        (Country.CN, "", "04:30, Friday 16 January", "04:30, Thursday 16 July", False),
    ],
)
def test_local_times(country: Country, region: str, winter: str, summer: str, about: bool) -> None:
    with translation.override("en"):
        told = [clock(place(country, region), now) for now in (WINTER, SUMMER)]
        assert [(one.words, one.about) for one in told if one] == [(winter, about), (summer, about)]


LAST_DAY = date(2026, 12, 16)


@pytest.mark.parametrize(
    ("left", "yours", "english", "chinese", "percent", "soon"),
    [
        (21, True, "21 days left to answer", "距答复期限还有21天", 100, False),
        (11, True, "11 days left to answer", "距答复期限还有11天", 52, False),
        (5, True, "5 days left to answer", "距答复期限还有5天", 24, False),
        (4, True, "4 days left to answer", "距答复期限还有4天", 19, True),
        (1, True, "1 day left to answer", "距答复期限还有1天", 5, True),
        (0, True, "Today is the last day to answer", "今天是答复的最后一天", 0, True),
        (
            -1,
            True,
            "Your answer was due by 16 December 2026: please give it now",
            "贵方的答复期限为2026年12月16日，请尽快答复",
            0,
            True,
        ),
        (
            11,
            False,
            "They have until 16 December 2026 to answer",
            "对方可在2026年12月16日之前（含当日）答复",
            52,
            False,
        ),
        (
            -3,
            False,
            "They have not answered by 16 December 2026. We ask them on your behalf",
            "对方未在2026年12月16日之前答复，我们正代贵方询问",
            0,
            True,
        ),
    ],
)
def test_time_left_to_answer(
    left: int, yours: bool, english: str, chinese: str, percent: int, soon: bool
) -> None:
    today = LAST_DAY - timedelta(days=left)
    for language, words in (("en", english), ("zh-hans", chinese)):
        with translation.override(language):
            assert time_left(LAST_DAY, today, 21, yours=yours) == (words, percent, soon)


@pytest.mark.parametrize("region", ["", "Oregon", "ZZ"])
def test_an_unknown_state_has_no_clock(region: str) -> None:
    assert clock(place(Country.US, region), WINTER) is None


def test_hours_apart_follow_summer_time() -> None:
    sides = place(Country.US, "OR"), place(Country.CN, "Hubei")
    with translation.override("en"):
        told = []
        for now in (WINTER, SUMMER):
            here, there = (clock(side, now) for side in sides)
            assert here is not None
            assert there is not None
            told += [hours_apart(here, there), hours_apart(there, here)]
    assert told == ["16 hours ahead", "16 hours behind", "15 hours ahead", "15 hours behind"]
