"""The time zones that a person may choose, and the one of where their organization is."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from alliances.models import User
from alliances.services.people import time_zones
from matchmaking.wording.clocks import utc_offset, zone_of_region

# The zone of the organization's place: looked up once, when the person signs in.
ZONE_IN_SESSION = "zone_of_place"

COMMON: Mapping[str, StrOrPromise] = {
    "Asia/Shanghai": gettext_lazy("China (Beijing time)"),
    "Asia/Hong_Kong": gettext_lazy("Hong Kong"),
    "Asia/Macau": gettext_lazy("Macao"),
    "America/New_York": gettext_lazy("US Eastern (New York)"),
    "America/Chicago": gettext_lazy("US Central (Chicago)"),
    "America/Denver": gettext_lazy("US Mountain (Denver)"),
    "America/Phoenix": gettext_lazy("Arizona (Phoenix)"),
    "America/Los_Angeles": gettext_lazy("US Pacific (Los Angeles)"),
    "America/Anchorage": gettext_lazy("Alaska (Anchorage)"),
    "Pacific/Honolulu": gettext_lazy("Hawaii (Honolulu)"),
    "America/Puerto_Rico": gettext_lazy("Puerto Rico"),
    "UTC": gettext_lazy("Coordinated Universal Time"),
}
REGIONS = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Arctic/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
)

Choice = tuple[str, str]


def zone_of_place(user: User) -> str:
    """The zone of the person's first organization; empty where it names none. One query."""
    teams = user.team_memberships.order_by("pk")
    place = teams.values_list("organization__country", "organization__region").first()
    return zone_of_region(*place) if place else ""


def zone_choices(place: str) -> list[Choice | tuple[str, list[Choice]]]:
    """What to choose from, both countries' zones first; `place` is what not choosing means."""
    now = timezone.now()
    common = [
        (name, f"{label} · {utc_offset(now.astimezone(ZoneInfo(name)))}") for name, label in COMMON.items()
    ]
    others = sorted(name for name in time_zones() if name.startswith(REGIONS) and name not in COMMON)
    return [
        ("", _("As my organization: %(zone)s") % {"zone": COMMON.get(place) or place or "UTC"}),
        (_("China and the United States"), common),
        (_("Elsewhere"), [(name, name) for name in others]),
    ]
