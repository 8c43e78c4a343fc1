"""Who sponsors a match, in words that each of its two sides reads properly."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext as _

from matchmaking.models import Sponsorship


def sponsor_tags(sponsors: Iterable[Sponsorship]) -> list[str]:
    """A mark for each alliance: "Sponsored by Clean Rivers"."""
    return [_("Sponsored by %(alliance)s") % {"alliance": one.alliance.name} for one in sponsors]


def sponsor_sentences(sponsors: Iterable[Sponsorship], reader_id: int) -> list[str]:
    """A sentence for each alliance, to the side of this id; the other side is not named."""
    return [_sentence(one, reader_id) for one in sponsors]


def _sentence(one: Sponsorship, reader_id: int) -> str:
    if one.member_id == reader_id:
        text = _("%(alliance)s, the alliance of which you are a member, sponsors this match.")
    else:
        text = _("%(alliance)s, the alliance of which it is a member, sponsors this match.")
    return text % {"alliance": one.alliance.name}
