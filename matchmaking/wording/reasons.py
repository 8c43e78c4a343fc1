"""A stored reason as a sentence for the person who reads it. Facts only: what nobody stated is not said.

A reason belongs to one side of a pair, whose affinity it raises. Read by that side it is *for you* and speaks
of the other ("Offers …"); read by the other it is *for them* and speaks of the reader ("You offer …"). What
each criterion's facts hold, the engine's module on reasons says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from alliances.enums import BudgetBand, Horizon, PartnershipType, Stage, WorkingLanguage
from alliances.models import Topic
from matchmaking.wording.numbers import counted, is_chinese, large_number, listed, of_all, times
from matchmaking.wording.places import size_words

Facts = Mapping[str, Any]
Reason = Mapping[str, Any]
# Topic names in the active language, by slug.
TopicNames = Mapping[str, str]

TOPICS_NAMED = 4
# A multiple of the reader's scale worth a word of its own.
TELLING_RATIO = 1.5
# From so many recommendations on the engine counts answers, and half of them answered is worth a word.
TELLING_RELEASED = 3


def told_sentence(reason: Reason, *, for_them: bool, topics: TopicNames, scale: Facts | None = None) -> str:
    """One sentence for one reason; empty where its facts give none.

    With `scale`, the facts of the same side's scale, "needs met" says at which multiple of your scale.
    """
    facts: Facts = reason["facts"]
    match reason["criterion"]:
        case "needs_met":
            return _needs_met(facts, for_them, topics, scale)
        case "offers_wanted":
            return _offers_wanted(facts, for_them, topics)
        case "shared_challenges":
            return _shared_challenges(facts, for_them, topics)
        case criterion:
            return SENTENCES[criterion](facts, for_them)


def _pick(for_them: bool, for_you_text: str, for_them_text: str) -> str:
    return _(for_them_text if for_them else for_you_text)


def topic_list(slugs: Sequence[str], topics: TopicNames) -> str:
    """Topics as they stand inside a sentence; from the fifth on they are only counted."""
    named = [_in_sentence(topics.get(slug, slug)) for slug in slugs]
    if len(named) <= TOPICS_NAMED:
        return listed(named)
    shown, more = named[: TOPICS_NAMED - 1], len(named) - TOPICS_NAMED + 1
    if is_chinese():
        return f"{listed(shown)}等{counted(len(named))}项"
    return _("%(items)s and %(more)s more") % {"items": ", ".join(shown), "more": counted(more)}


def _in_sentence(name: str) -> str:
    """A name without its capital, unless that begins an abbreviation: "electric buses", but "EV charging"."""
    return name[:1].lower() + name[1:] if name[1:2].islower() else name


def _needs_met(facts: Facts, for_them: bool, topics: TopicNames, scale: Facts | None) -> str:
    direct = [entry["topic"] for entry in facts["topics"] if entry["direct"]]
    if not direct:
        text = _pick(
            for_them,
            gettext_noop("Offers %(offer)s, in the same challenge area as your need for %(topic)s."),
            gettext_noop("You offer %(offer)s, in the same challenge area as its need for %(topic)s."),
        )
        return text % _same_area(facts, topics)
    if facts["stated"] == 1:
        texts = (
            gettext_noop("Offers %(topics)s, your one stated need."),
            gettext_noop("You offer %(topics)s, its one stated need."),
        )
    elif len(direct) == facts["stated"]:
        texts = (
            gettext_noop("Offers %(topics)s: all of your needs."),
            gettext_noop("You offer %(topics)s: all of its needs."),
        )
    else:
        texts = (
            gettext_noop("Offers %(topics)s: %(count)s of your %(stated)s needs."),
            gettext_noop("You offer %(topics)s: %(count)s of its %(stated)s needs."),
        )
    sentence = _pick(for_them, *texts) % {
        "topics": topic_list(direct, topics),
        **of_all(len(direct), facts["stated"]),
    }
    if for_them or scale is None:
        return sentence
    return _("%(sentence)s, at %(ratio)s times your scale.") % {
        "sentence": sentence.rstrip(".。"),
        "ratio": times(scale["ratio"]),
    }


def _same_area(facts: Facts, topics: TopicNames) -> dict[str, str]:
    """The strongest of the needs that only an offer of the same area answers, and this offer."""
    strongest = facts["topics"][0]
    return {name: topic_list([strongest[name]], topics) for name in ("topic", "offer")}


def _offers_wanted(facts: Facts, for_them: bool, topics: TopicNames) -> str:
    direct = [entry["topic"] for entry in facts["topics"] if entry["direct"]]
    if direct:
        text = _pick(
            for_them,
            gettext_noop("Needs %(topics)s, which you offer."),
            gettext_noop("You need %(topics)s, which it offers."),
        )
        return text % {"topics": topic_list(direct, topics)}
    text = _pick(
        for_them,
        gettext_noop("Needs %(topic)s, in the same challenge area as your offer of %(offer)s."),
        gettext_noop("You need %(topic)s, in the same challenge area as its offer of %(offer)s."),
    )
    return text % _same_area(facts, topics)


def _shared_challenges(facts: Facts, for_them: bool, topics: TopicNames) -> str:
    def stated_by_both(level: str) -> list[str]:
        return [
            entry["topic"] for entry in facts["topics"] if entry["reader"][level] and entry["other"][level]
        ]

    if needs := stated_by_both("priority"):
        text = _pick(
            for_them,
            gettext_noop("Has needs in common with you: %(topics)s."),
            gettext_noop("You have needs in common with it: %(topics)s."),
        )
        return text % {"topics": topic_list(needs, topics)}
    if offers := stated_by_both("maturity"):
        text = _pick(
            for_them,
            gettext_noop("Offers %(topics)s, as you do."),
            gettext_noop("You offer %(topics)s, as it does."),
        )
        return text % {"topics": topic_list(offers, topics)}
    # What one side needs and the other offers is told under needs met and offers wanted.
    return ""


def is_telling(scale: Facts) -> bool:
    """Whether the other's scale is worth naming as a multiple. Only for people: bands are too coarse."""
    return bool(scale["other"]["measure"] == "people" and scale["ratio"] >= TELLING_RATIO)


def _size(size: Facts) -> str:
    if size["measure"] == "people":
        return size_words(size["size"], "")
    return size_words(None, size["band"] or "")


def _reach(facts: Facts, for_them: bool) -> str:
    other = facts["other"]
    if other["measure"] == "people":
        text = _pick(
            for_them, gettext_noop("Has %(number)s people."), gettext_noop("You have %(number)s people.")
        )
        return text % {"number": large_number(other["size"])}
    return _pick(for_them, gettext_noop("Has %(size)s."), gettext_noop("You have %(size)s.")) % {
        "size": _size(other)
    }


def _scale(facts: Facts, for_them: bool) -> str:
    values = {"size": _size(facts["other"]), "ratio": times(facts["ratio"])}
    if is_telling(facts):
        texts = (
            gettext_noop("Works at %(ratio)s times your scale: %(size)s."),
            gettext_noop("You work at %(ratio)s times its scale: %(size)s."),
        )
    elif facts["ratio"] >= TELLING_RATIO:
        texts = gettext_noop("Is larger than you: %(size)s."), gettext_noop("You are larger: %(size)s.")
    elif facts["ratio"] > 1 / TELLING_RATIO:
        texts = (
            gettext_noop("Is of about your size: %(size)s."),
            gettext_noop("You are of about its size: %(size)s."),
        )
    else:
        # True, but no reason for anything.
        return ""
    return _pick(for_them, *texts) % values


def _text(facts: Facts, for_them: bool) -> str:
    if facts["cosine"] >= 0.5:
        return _("You describe yourselves in much the same terms.")
    return _("You describe yourselves in partly similar terms.")


WANTED_KINDS = {
    "city": (
        gettext_noop("You look for cities, and it takes part as one."),
        gettext_noop("It looks for cities, and you take part as one."),
    ),
    "firm": (
        gettext_noop("You look for firms, and it takes part as one."),
        gettext_noop("It looks for firms, and you take part as one."),
    ),
    "alliance": (
        gettext_noop("You look for alliances, and it takes part as one."),
        gettext_noop("It looks for alliances, and you take part as one."),
    ),
}


def _wanted_kinds(facts: Facts, for_them: bool) -> str:
    return _pick(for_them, *WANTED_KINDS[facts["kind"]])


def _partnership_types(facts: Facts, for_them: bool) -> str:
    words = [_in_sentence(str(PartnershipType(word).label)) for word in facts["shared"]]
    text = _pick(
        for_them,
        gettext_noop("Is open to %(types)s, as you are."),
        gettext_noop("You are open to %(types)s, as it is."),
    )
    return text % {"types": listed(words)}


def _stage(facts: Facts, for_them: bool) -> str:
    same = gettext_noop("You are both at the same stage: %(other)s.")
    near = gettext_noop("Your stages are one step apart: %(reader)s and %(other)s.")
    return _steps(facts, same, near, Stage)


def _horizon(facts: Facts, for_them: bool) -> str:
    same = gettext_noop("You have the same time frame: %(other)s.")
    near = gettext_noop("Your time frames are one step apart: %(reader)s and %(other)s.")
    return _steps(facts, same, near, Horizon)


def _budget(facts: Facts, for_them: bool) -> str:
    same = gettext_noop("You both state the same budget: %(other)s.")
    near = gettext_noop("Your budgets are one step apart: %(reader)s and %(other)s.")
    return _steps(facts, same, near, BudgetBand)


def _steps(facts: Facts, same: str, near: str, words: Callable[[str], Any]) -> str:
    labels = {side: _in_sentence(str(words(facts[side]).label)) for side in ("reader", "other")}
    return _(same if facts["steps"] == 0 else near) % labels


def _language(facts: Facts, for_them: bool) -> str:
    words = [str(WorkingLanguage(code).label) for code in facts["shared"]]
    text = _pick(
        for_them,
        gettext_noop("Works in %(languages)s, as you do."),
        gettext_noop("You work in %(languages)s, as it does."),
    )
    return text % {"languages": listed(words)}


def _trust(facts: Facts, for_them: bool) -> str:
    if count := facts["verified_evidence"]:
        text = _pick(
            for_them,
            gettext_noop("References checked by staff: %(count)s."),
            gettext_noop("Your references checked by staff: %(count)s."),
        )
        return text % {"count": count}
    if facts["released"] >= TELLING_RELEASED and 2 * facts["answered"] >= facts["released"]:
        text = _pick(
            for_them,
            gettext_noop("Has answered %(answered)s of %(released)s recommendations."),
            gettext_noop("You have answered %(answered)s of %(released)s recommendations."),
        )
        return text % {"answered": facts["answered"], "released": facts["released"]}
    days = facts["days_since_confirmed"]
    if days is None:
        return ""
    if days == 0:
        return _pick(
            for_them,
            gettext_noop("Its profile was confirmed on the day of scoring."),
            gettext_noop("Your profile was confirmed on the day of scoring."),
        )
    if for_them:
        text = ngettext(
            "Your profile was confirmed %(days)s day before scoring.",
            "Your profile was confirmed %(days)s days before scoring.",
            days,
        )
    else:
        text = ngettext(
            "Its profile was confirmed %(days)s day before scoring.",
            "Its profile was confirmed %(days)s days before scoring.",
            days,
        )
    return text % {"days": days}


SENTENCES: Mapping[str, Callable[[Facts, bool], str]] = {
    "reach": _reach,
    "scale": _scale,
    "text": _text,
    "wanted_kinds": _wanted_kinds,
    "partnership_types": _partnership_types,
    "stage": _stage,
    "horizon": _horizon,
    "budget": _budget,
    "language": _language,
    "trust": _trust,
}


def reason_sentence(reason: Reason, topics: TopicNames | None = None) -> str:
    """A reason in few words and without persons, for staff: "needs met: electric buses (1 of 5)".

    Without `topics` their names are read, in one query: give `topic_names()` where there are several reasons.
    """
    facts: Facts = reason["facts"]
    names = topic_names() if topics is None else topics
    match reason["criterion"]:
        case "needs_met":
            return _answered(_("needs met"), facts, names)
        case "offers_wanted":
            return _answered(_("offers wanted"), facts, names)
        case "shared_challenges":
            slugs = [entry["topic"] for entry in facts["topics"]]
            return _("shared challenges: %(topics)s") % {"topics": topic_list(slugs, names)}
        case "reach":
            return _("reach: %(size)s") % {"size": _size(facts["other"])}
        case "scale":
            return _("scale: %(size)s") % {"size": _size(facts["other"])}
        case criterion:
            return _in_sentence(SENTENCES[criterion](facts, False).rstrip(".。"))


def _answered(label: str, facts: Facts, topics: TopicNames) -> str:
    direct = [entry["topic"] for entry in facts["topics"] if entry["direct"]]
    if not direct:
        near = [entry["topic"] for entry in facts["topics"]][:2]
        return _("%(label)s in the same challenge area: %(topics)s") % {
            "label": label,
            "topics": topic_list(near, topics),
        }
    return _("%(label)s: %(topics)s (%(count)s of %(stated)s)") % {
        "label": label,
        "topics": topic_list(direct, topics),
        "count": len(direct),
        "stated": facts["stated"],
    }


class Challenges(NamedTuple):
    """The names of topics and of the areas that have any, in the active language and their order, by slug;
    and the area of each topic."""

    topics: dict[str, str]
    areas: dict[str, str]
    area_of: dict[str, str]


def challenges() -> Challenges:
    """Every topic and area. One query."""
    field = "name_zh" if is_chinese() else "name_en"
    rows = Topic.objects.order_by("area__position", "position").values_list(
        "slug", field, "area__slug", f"area__{field}"
    )
    found = Challenges({}, {}, {})
    for topic, name, area, area_name in rows:
        found.topics[topic], found.areas[area], found.area_of[topic] = name, area_name, area
    return found


def topic_names() -> dict[str, str]:
    """Every topic's name in the active language, by slug. One query."""
    field = "name_zh" if is_chinese() else "name_en"
    return dict(Topic.objects.values_list("slug", field))
