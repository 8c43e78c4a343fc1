"""The digest: new recommendations for one person's organizations, in that person's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import css_inline
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import get_language, gettext, gettext_noop, ngettext
from django.utils.translation import gettext as _

from alliances.enums import MailFrequency
from alliances.models import Organization, User
from matchmaking.emails.message import RenderedEmail, from_header
from matchmaking.models import Recommendation
from matchmaking.selectors.digests import Section
from matchmaking.wording import (
    CriterionRow,
    counted,
    criterion_rows,
    listed,
    place_line,
    score_words,
    sentence_start,
    shown_score,
    told_sentences,
    unknown_labels,
)
from matchmaking.wording.breakdown import affinity_tenths, tenths_words
from matchmaking.wording.numbers import is_chinese
from matchmaking.wording.site import site_name

# The title is the subject too, which holds 200 characters; the text below it has the name in full.
NAME_IN_TITLE = 120
LINE_HEIGHT = {True: "1.75", False: "1.5"}
WHY = {
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
    place: str
    score: int
    room: int
    score_words: str
    for_you: Sequence[str]
    for_them: Sequence[str]
    against: Sequence[str]
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
    title = _title(count, names)
    texts = [_section(section, topics) for section in sections]
    context: dict[str, Any] = {
        "lang": "zh-Hans" if is_chinese() else "en",
        "line_height": LINE_HEIGHT[is_chinese()],
        "title": title,
        "greeting": _("Dear %(name)s,") % {"name": user.name} if user.name else _("Hello,"),
        "intro": _intro(count, names),
        "preview": _preview(texts),
        "sections": texts,
        "how_to_answer": _how_to_answer(),
        "why": gettext(WHY[MailFrequency(user.mail_frequency)]) % {"organizations": listed(names)},
        "unsubscribe_url": unsubscribe_url,
        "site_name": site_name(),
        "date": date_format(now, "Y年n月j日" if is_chinese() else "j F Y"),
        "postal_address": settings.POSTAL_ADDRESS,
        "sample_notice": _sample_notice(sections),
    }
    return RenderedEmail(
        subject=render_to_string("emails/digest/subject.txt", context).strip(),
        body_text=render_to_string("emails/digest/body.txt", context),
        body_html=_inliner().inline(render_to_string("emails/digest/body.html", context)),
        headers={
            "From": from_header(),
            "Reply-To": settings.CONTACT_EMAIL,
            "List-Unsubscribe": f"<{unsubscribe_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "Auto-Submitted": "auto-generated",
            "Content-Language": "zh-Hans" if is_chinese() else "en",
        },
    )


@cache
def _inliner() -> css_inline.CSSInliner:
    # What cannot be inlined, dark colours and narrow screens, stays in the head.
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)


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
            "Reply to this email and say for each: interested, not now, or no with the reason. The programme "
            "team takes it from there. Your answer commits you to nothing."
        ),
        _("If the other side is interested too, the team introduces you to each other."),
    ]


def _preview(sections: Sequence[SectionText]) -> str:
    items = [item for section in sections for item in section.items]
    return listed([f"{item.name} ({item.score})" for item in items[:3]])


def _sample_notice(sections: Sequence[Section]) -> str:
    named = [section.organization for section in sections]
    named += [one.candidate for section in sections for one in section.recommendations]
    if not any(organization.is_sample for organization in named):
        return ""
    return _(
        "Illustrative: this is a sample register. None of the organizations named has registered or endorsed "
        "anything."
    )


def _section(section: Section, topics: Mapping[str, str]) -> SectionText:
    return SectionText(
        name=section.organization.name,
        lang=_own_lang(section.organization),
        items=[_item(one, topics) for one in section.recommendations],
        notes=[gettext(NO_NEW[kind]) for kind in section.missing_kinds],
    )


def _own_lang(organization: Organization) -> str:
    """The language of the shown name where it is not the message's: only the other script is known."""
    if is_chinese():
        return "" if organization.name_zh else "en"
    return "" if organization.name_en else "zh-Hans"


def _item(one: Recommendation, topics: Mapping[str, str]) -> Item:
    side, other = one.breakdown["seeker"], one.breakdown["candidate"]
    for_you, for_them = told_sentences(side["reasons"], other["reasons"], topics)
    score = shown_score(one.score)
    unknown = unknown_labels(side)
    return Item(
        name=one.candidate.name,
        other_name=one.candidate.other_name,
        lang=_own_lang(one.candidate),
        other_lang="en" if is_chinese() else "zh-Hans",
        place=place_line(one.candidate),
        score=score,
        room=100 - score,
        score_words=score_words(one.score, one.run.policy.rules["bands"]),
        for_you=for_you,
        for_them=for_them,
        against=_against(side),
        sum_words=_("How it adds up for you, in points of 100"),
        bars=[
            *_bars(criterion_rows(side)),
            _total(_("Sum for you"), side),
            _total(_("Sum for them"), other),
        ],
        unknown_words=_("Not stated, so left out: %(criteria)s.") % {"criteria": _lower_list(unknown)}
        if unknown
        else "",
    )


def _against(side: Mapping[str, Any]) -> list[str]:
    """What speaks against a pair: both state working languages, and none is the same."""
    values = {entry["criterion"]: entry["value"] for entry in side["criteria"]}
    return [_("You state no working language in common.")] if values["language"] == 0 else []


def _lower_list(labels: Sequence[str]) -> str:
    return listed([label[:1].lower() + label[1:] for label in labels])


def _bars(rows: Sequence[CriterionRow]) -> list[Bar]:
    """Bars on one scale: the largest that any criterion could have given is the full width."""
    largest = max(row.possible for row in rows)
    bars = []
    for row in rows:
        have = round(100 * row.share / largest)
        room = max(round(100 * row.possible / largest) - have, 0)
        cells = (Cell("bar", have), Cell("room", room), Cell("none", 100 - have - room))
        bars.append(Bar(row.label, row.points, [cell for cell in cells if cell.width > 0], _gap(row.label)))
    return bars


def _total(label: str, side: Mapping[str, Any]) -> Bar:
    return Bar(label, tenths_words(affinity_tenths(side)), (), _gap(label), is_total=True)


def _gap(label: str) -> str:
    """What sets off the points in the text version: columns for Latin letters, a colon for Chinese."""
    return "：" if (get_language() or "").startswith("zh") else " " * max(20 - len(label), 1)
