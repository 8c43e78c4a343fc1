"""How much of a profile is stated, part by part, and what each missing part would bring."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from alliances.coach import rate
from alliances.enums import Kind
from alliances.models import Organization

# From here on the coach has nothing below half to name.
GOOD_STATEMENT = 8


class Part(NamedTuple):
    """One of the ten parts of a profile: whether it is stated, where it is given, and what it would bring."""

    done: bool
    step: str
    name: Promise
    gain: Promise


def profile_parts(organization: Organization) -> Sequence[Part]:
    """The ten parts, in the order of the steps. Needs and offers are to be prefetched."""
    needs, offers = list(organization.needs.all()), list(organization.offers.all())
    statements = [*(need.statement for need in needs), *(offer.statement for offer in offers)]
    sized = organization.population is not None or bool(organization.size_band)
    return (
        Part(
            bool(organization.summary_en and organization.summary_zh),
            "organization",
            _("Describe yourselves in both languages"),
            _("Whoever reads only one of them understands you."),
        ),
        Part(
            bool(organization.website),
            "organization",
            _("Give your website"),
            _("Partners could read on."),
        ),
        Part(
            organization.latitude is not None,
            "place",
            _("Give your place on the map"),
            _("Partners would see a map and the distance."),
        ),
        Part(
            sized or organization.kind == Kind.ALLIANCE,
            "place",
            _("State your size"),
            _("Scale and reach would count."),
        ),
        Part(
            len(needs) + len(offers) >= 3,
            "topics",
            _("State three needs or offers"),
            _("Each is one more way in which somebody may fit you."),
        ),
        Part(
            any(rate(statement).total >= GOOD_STATEMENT for statement in statements),
            "topics",
            _("State a need or offer so that it can be measured"),
            _("Partners see at once whether they can help, and by when."),
        ),
        Part(
            bool(organization.languages),
            "preferences",
            _("Name your working languages"),
            _("Partners would know whether an interpreter is needed."),
        ),
        Part(
            bool(organization.seeks and organization.partnership_types),
            "preferences",
            _("Say whom you look for, and for what kind of work"),
            _("Partners open to the same forms of work would rank higher."),
        ),
        Part(
            bool(organization.stage and organization.horizon),
            "preferences",
            _("State your stage and horizon"),
            _("Partners at a like stage would rank higher."),
        ),
        Part(
            bool(organization.budget_band),
            "preferences",
            _("State a budget band"),
            _("Partners of a like budget would rank higher."),
        ),
    )
