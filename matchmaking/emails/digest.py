"""The digest: new recommendations for one person's organizations, in that person's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext, gettext_noop, ngettext
from django.utils.translation import gettext as _

from alliances.enums import MailFrequency
from alliances.models import User
from matchmaking.emails.message import RenderedEmail, greeting, render_email
from matchmaking.models import Recommendation
from matchmaking.selectors.digests import Section
from matchmaking.wording import (
    CriterionRow,
    against,
    bar_widths,
    counted,
    criterion_rows,
    listed,
    name_lang,
    other_lang,
    place_line,
    score_words,
    sentence_start,
    shown_score,
    told_sentences,
    unknown_words,
)
from matchmaking.wording.breakdown import affinity_tenths, tenths_words
from matchmaking.wording.jurisdiction import limits_line
from matchmaking.wording.site import sample_notice
from matchmaking.wording.sponsoring import sponsor_sentences

# The title is the subject too, which holds 200 characters; the text below it has the name in full.
NAME_IN_TITLE = 120
WHY = {
    MailFrequency.INSTANT: gettext_noop(
        "You get this because you want to hear at once of new recommendations for %(organizations)s."
    ),
    MailFrequency.DAILY: gettext_noop("You get this because you chose a daily digest for %(organizations)s."),
    MailFrequency.WEEKLY: gettext_noop(
        "You get this because you chose a weekly digest for %(organizations)s."
    ),
    MailFrequency.FORTNIGHTLY: gettext_noop(
        "You get this because you chose a digest every two weeks for %(organizations)s."
    ),
}
NO_NEW = {
    "city": gettext_noop("There is no new city to recommend this time."),
    "firm": gettext_noop("There is no new firm to recommend this time."),
    "alliance": gettext_noop("There is no new alliance to recommend this time."),
}


@dataclass(frozen=True)
class Cell:
    """A coloured part of a bar: `bar` what is, `room` what could be, `none` the rest; width in percent."""

    kind: str
    width: int


@dataclass(frozen=True)
class Bar:
    """A line of the sum: its words, its points, and cells that sum to 100 percent."""

    label: str
    points: str
    cells: Sequence[Cell]
    gap: str
    is_total: bool = False


@dataclass(frozen=True)
class Item:
    """One recommendation as the templates lay it out."""

    name: str
    other_name: str
    lang: str
    other_lang: str
    url: str
    place: str
    score: int
    room: int
    score_words: str
    for_you: Sequence[str]
    for_them: Sequence[str]
    against: Sequence[str]
    limits: str
    sum_words: str
    bars: Sequence[Bar]
    unknown_words: str


@dataclass(frozen=True)
class SectionText:
    """What one organization is told, laid out."""

    name: str
    lang: str
    items: Sequence[Item]
    notes: Sequence[str]


def digest_email(
    user: User,
    sections: Sequence[Section],
    *,
    topics: Mapping[str, str],
    unsubscribe_url: str,
    now: datetime,
) -> RenderedEmail:
    """The digest in the active language, which is to be the person's. Reads no table.

    `topics` are topic names in that language. The subject names the reader's own organization and no other.
    """
    names = [section.organization.name for section in sections]
    count = sum(len(section.recommendations) for section in sections)
    texts = [_section(section, topics) for section in sections]
    return render_email(
        "emails/digest",
        title=_title(count, names),
        at=now,
        context={
            "greeting": greeting(user),
            "intro": _intro(count, names),
            "preview": _preview(texts),
            "sections": texts,
            "how_to_answer": _how_to_answer(),
            "why": gettext(WHY[MailFrequency(user.mail_frequency)]) % {"organizations": listed(names)},
            "unsubscribe_url": unsubscribe_url,
            "sample_notice": sample_notice(
                organization
                for section in sections
                for organization in (
                    section.organization,
                    *(one.candidate for one in section.recommendations),
                )
            ),
        },
        headers={
            "List-Unsubscribe": f"<{unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        },
    )


def _title(count: int, names: Sequence[str]) -> str:
    if len(names) == 1:
        text = ngettext(
            "%(count)s new recommendation for %(name)s", "%(count)s new recommendations for %(name)s", count
        )
        name = Truncator(names[0]).chars(NAME_IN_TITLE, truncate="…")
        return sentence_start(text % {"count": counted(count), "name": name})
    text = ngettext(
        "%(count)s new recommendation for your organizations",
        "%(count)s new recommendations for your organizations",
        count,
    )
    return sentence_start(text % {"count": counted(count)})


def _intro(count: int, names: Sequence[str]) -> str:
    text = ngettext(
        "We found %(count)s new possible partner for %(names)s. Nobody sees anybody’s contacts until both "
        "sides have said yes.",
        "We found %(count)s new possible partners for %(names)s. Nobody sees anybody’s contacts until both "
        "sides have said yes.",
        count,
    )
    return text % {"count": counted(count), "names": listed(names)}


def _how_to_answer() -> list[str]:
    return [
        _(
            "Open a recommendation and say: interested, not now, or no with the reason. You sign in with a "
            "code that we send you by email. Your answer commits you to nothing."
        ),
        _("If the other side is interested too, we introduce you to each other."),
    ]


def _preview(sections: Sequence[SectionText]) -> str:
    items = [item for section in sections for item in section.items]
    return listed([f"{item.name} ({item.score})" for item in items[:3]])


def _section(section: Section, topics: Mapping[str, str]) -> SectionText:
    return SectionText(
        name=section.organization.name,
        lang=name_lang(section.organization),
        items=[_item(one, topics, section) for one in section.recommendations],
        notes=[gettext(NO_NEW[kind]) for kind in section.missing_kinds],
    )


def _item(one: Recommendation, topics: Mapping[str, str], section: Section) -> Item:
    side, other = one.breakdown["seeker"], one.breakdown["candidate"]
    for_you, for_them = told_sentences(side["reasons"], other["reasons"], topics)
    score = shown_score(one.score)
    return Item(
        name=one.candidate.name,
        other_name=one.candidate.other_name,
        lang=name_lang(one.candidate),
        other_lang=other_lang(),
        url=settings.SITE_URL + reverse("portal:recommendation", args=[one.public_id]),
        place=place_line(one.candidate),
        score=score,
        room=100 - score,
        score_words=score_words(one.score, one.run.policy.rules["bands"]),
        for_you=[*for_you, *sponsor_sentences(section.sponsors.get(one.pk, ()), one.seeker_id)],
        for_them=for_them,
        against=against(side),
        limits=limits_line(section.limits.get(one.pk, ())),
        sum_words=_("How it adds up for you, in points of 100"),
        bars=[
            *_bars(criterion_rows(side)),
            _total(_("Sum for you"), side),
            _total(_("Sum for them"), other),
        ],
        unknown_words=unknown_words(side),
    )


def _bars(rows: Sequence[CriterionRow]) -> list[Bar]:
    """Bars on one scale: the largest that any criterion could have given is the full width."""
    bars = []
    for row, (have, room) in zip(rows, bar_widths(rows), strict=True):
        cells = (Cell("bar", have), Cell("room", room), Cell("none", 100 - have - room))
        bars.append(Bar(row.label, row.points, [cell for cell in cells if cell.width > 0], _gap(row.label)))
    return bars


def _total(label: str, side: Mapping[str, Any]) -> Bar:
    return Bar(label, tenths_words(affinity_tenths(side)), (), _gap(label), is_total=True)


def _gap(label: str) -> str:
    """What sets off the points in the text version: columns for Latin letters, a colon for Chinese."""
    return "：" if (get_language() or "").startswith("zh") else " " * max(20 - len(label), 1)
