"""What time it is where an organization works, as far as its region tells; and how much time is left."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from alliances.enums import Country
from alliances.models import Organization
from matchmaking.wording.numbers import is_chinese

# The zone of most of each state's people.
US_ZONES = {
    "America/New_York": "CT DC DE FL GA KY MA MD ME MI NC NH NJ NY OH PA RI SC VA VT WV",
    "America/Indiana/Indianapolis": "IN",
    "America/Chicago": "AL AR IA IL KS LA MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID MT NM UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR",
}
ZONE_OF_STATE = {state: zone for zone, states in US_ZONES.items() for state in states.split()}
# Part of these keeps another zone's time, or keeps no summer time.
SPLIT_STATES = frozenset(
    ("AK", "AZ", "FL", "ID", "IN", "KS", "KY", "MI", "ND", "NE", "NV", "OR", "SD", "TN", "TX")
)
# All of the mainland keeps one time; the two regions keep clocks of their own, at present the same.
CHINESE_ZONES = {"Hong Kong": "Asia/Hong_Kong", "Macao": "Asia/Macau"}
CHINESE_ZONE = "Asia/Shanghai"
# With fewer days left than these, an answer presses.
SOON_DAYS = 5


class Clock(NamedTuple):
    """A local time; `about` where the state is split between zones and the main one is told."""

    at: datetime
    about: bool

    @property
    def words(self) -> str:
        """Time and day: "14:05, Monday 23 November"."""
        return date_format(self.at, _("H:i, l j F"))


def zone_of_region(country: str, region: str) -> str:
    """The IANA name of the zone that a state or province keeps, most of it at least; empty where unknown."""
    if country == Country.CN:
        return CHINESE_ZONES.get(region, CHINESE_ZONE)
    return ZONE_OF_STATE.get(region, "")


def utc_offset(at: datetime) -> str:
    """How far this time is from UTC: "UTC+8", "UTC−5:30", "UTC". Names like CST are both countries'."""
    minutes = round((at.utcoffset() or timedelta()).total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    if not minutes:
        return "UTC"
    return f"UTC{'+' if minutes > 0 else '−'}{hours}" + (f":{rest:02}" if rest else "")


def moment_words(at: datetime) -> str:
    """Day, time and zone on the reader's clock: "25 November 2026, 14:05 UTC+8"."""
    at = localtime(at)
    return f"{date_format(at, 'DATETIME_FORMAT')} {utc_offset(at)}"


def clock(organization: Organization, now: datetime) -> Clock | None:
    """The organization's local time at `now`; None where its region names no zone."""
    zone = zone_of_region(organization.country, organization.region)
    if not zone:
        return None
    try:
        at = now.astimezone(ZoneInfo(zone))
    except ZoneInfoNotFoundError:  # A machine without time zone data knows UTC only.
        return None
    return Clock(at, organization.country == Country.US and organization.region in SPLIT_STATES)


def day_words(day: date) -> str:
    """A day as it stands in a sentence: "16 December 2026"."""
    return date_format(day, "Y年n月j日" if is_chinese() else "j F Y")


class TimeLeft(NamedTuple):
    """How long an answer is waited for: in words, as percent of the whole time, and whether it presses."""

    words: str
    percent: int
    soon: bool


def time_left(by: date, today: date, total_days: int, *, yours: bool) -> TimeLeft:
    """The time until the last day of an answer, which is the reader's own (`yours`) or the other side's."""
    left = (by - today).days
    day = {"date": day_words(by)}
    if left < 0 and yours:
        words = _("Your answer was due by %(date)s: please give it now") % day
    elif left < 0:
        words = _("They have not answered by %(date)s. We ask them on your behalf") % day
    elif not yours:
        words = _("They have until %(date)s to answer") % day
    elif left == 0:
        words = _("Today is the last day to answer")
    else:
        words = ngettext("%(days)s day left to answer", "%(days)s days left to answer", left) % {"days": left}
    return TimeLeft(words, max(0, min(100, round(100 * left / total_days))), left < SOON_DAYS)


def hours_apart(one: Clock, other: Clock) -> str:
    """How far the second clock is from the first: "16 hours ahead"."""
    # The same moment twice: what differs is what the clocks on the wall show.
    hours = round((other.at.replace(tzinfo=UTC) - one.at.replace(tzinfo=UTC)).total_seconds() / 3600)
    if hours < 0:
        return ngettext("%(hours)s hour behind", "%(hours)s hours behind", -hours) % {"hours": -hours}
    return ngettext("%(hours)s hour ahead", "%(hours)s hours ahead", hours) % {"hours": hours}
