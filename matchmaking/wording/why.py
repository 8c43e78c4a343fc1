""" "Why them?" in the reader's words: sections of lines and tables, for the page at the desk and the command.

They are made of the plain content of `services.why`; what stands in the one stands in the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from alliances.enums import EventKind, Kind, PartnershipType, ScreeningListName, WorkingLanguage
from matchmaking.enums import (
    Answer,
    DeclineReason,
    EmailKind,
    EmailState,
    RecommendationState,
    ReplayCause,
    RuleVerdict,
    RunState,
)
from matchmaking.wording.breakdown import criterion_label
from matchmaking.wording.clocks import moment_words
from matchmaking.wording.numbers import is_chinese
from matchmaking.wording.reasons import TopicNames, topic_names

Content = Mapping[str, Any]
Row = tuple[str, ...]

EVENTS = {
    ("recommendation", "proposed"): _("Proposed"),
    ("recommendation", "released_by_policy"): _("Released, as the policy of the run says"),
    ("recommendation", "released_as_pinned"): _("Released, since it is pinned"),
    ("recommendation", "held"): _("Held"),
    ("recommendation", "released"): _("Released"),
    ("recommendation", "excluded"): _("Ended by an exclusion"),
    ("recommendation", "seen"): _("Opened by the seeker's team"),
    ("recommendation", "answered"): _("Answered"),
    ("recommendation", "withdrawn"): _("Ended by the other side's no"),
    ("recommendation", "asked_for"): _("Brought by the other side's interest"),
    ("recommendation", "expired"): _("Expired without an answer"),
    ("recommendation", "silence"): _("Interest closed: the other side did not answer"),
    ("recommendation", "introduction_closed"): _("Ended with the introduction"),
    ("recommendation", "lapsed"): _("The time for which the answer stood is over"),
    ("recommendation", "name_shown"): _("Name shown to the candidate"),
    ("recommendation", "name_hidden"): _("Name hidden from the candidate"),
    ("recommendation", "noted"): _("Staff note written"),
    ("pin", "pinned"): _("Pinned"),
    ("pin", "unpinned"): _("Pin taken back"),
    ("pair", "excluded"): _("Excluded for good"),
    ("pair", "sponsored"): _("Sponsored by an alliance"),
    ("pair", "sponsor_withdrawn"): _("Sponsoring withdrawn"),
    ("introduction", "introduced"): _("Introduced"),
    ("introduction", "closed"): _("Introduction closed"),
    ("policy", "version_made"): _("Policy version made"),
    ("policy", "activated"): _("Policy made active"),
    ("policy", "scheduled"): _("Policy scheduled to come into force"),
    ("policy", "unscheduled"): _("Policy taken from the schedule"),
    ("run", "requested"): _("Run asked for"),
    ("run", "proposed"): _("Recommendations proposed"),
    ("run", "shard_quarantined"): _("Step quarantined"),
    ("run", "shard_retried"): _("Step retried"),
}
SUBJECTS = {
    "recommendation": _("Recommendation"),
    "pair": _("Pair"),
    "pin": _("Pin"),
    "introduction": _("Introduction"),
    "policy": _("Policy"),
    "run": _("Match run"),
}
# What states a fact in a profile; the other fields have the words of their criteria.
FIELDS = {
    "needs": _("Need"),
    "offers": _("Offer"),
    "size": _("Size"),
    "statement": _("Self-description"),
    "seeks": _("Wanted kinds"),
    "languages": _("Language"),
}
# Longer values are in the file; the page names where they are.
VALUE_LENGTH = 80


@dataclass(frozen=True)
class Section:
    """A title, sentences, and a table. Without `headers` a row is a name and its value.

    `is_half` may stand beside the next one; `numbers` is how many columns at the end are figures.
    """

    title: str
    lines: Sequence[str] = ()
    headers: Row = ()
    rows: Sequence[Row] = ()
    numbers: int = 0
    is_half: bool = False


def verdict_line(content: Content) -> str:
    """Whether the recommendation could be computed again, and what came of it."""
    found, run = content["replay"], {"run": content["run"]["id"]}
    if found["cause"]:
        return gettext("It cannot be computed again. %(cause)s") % {
            "cause": ReplayCause(found["cause"]).label
        }
    if found["identical"]:
        return gettext("Computed again from the snapshot of run #%(run)s: identical.") % run
    count = len(found["differences"])
    text = ngettext(
        "Computed again from the snapshot of run #%(run)s: %(count)s value differs.",
        "Computed again from the snapshot of run #%(run)s: %(count)s values differ.",
        count,
    )
    return text % {**run, "count": count}


def title_of(content: Content) -> str:
    """Why whom for whom."""
    one = content["recommendation"]
    return gettext("Why them? %(candidate)s for %(seeker)s") % {
        "candidate": _name(one["candidate"]),
        "seeker": _name(one["seeker"]),
    }


def sections(content: Content) -> list[Section]:
    """The whole content, in the order in which it is asked for."""
    return [
        Section(gettext("Recommendation"), rows=_facts(content)),
        _replayed(content),
        *_told(content),
        *_sums(content),
        _effects(content),
        _list(content),
        Section(gettext("Policy and run"), rows=_policy_and_run(content)),
        _screening_lists(content),
        _rules(content),
        _answers(content),
        _mails(content),
        _events(content),
    ]


def _facts(content: Content) -> list[Row]:
    one = content["recommendation"]
    return [
        (gettext("Number"), f"#{one['id']} · {one['public_id']}"),
        (gettext("Seeker"), _named(one["seeker"])),
        (gettext("Candidate"), _named(one["candidate"])),
        (gettext("State"), str(RecommendationState(one["state"]).label)),
        (gettext("Reciprocal score"), _hundredths(one["score"])),
        (gettext("Affinity of the seeker"), _hundredths(one["affinity"])),
        (gettext("Affinity of the candidate"), _hundredths(one["candidate_affinity"])),
        (gettext("Rank"), str(one["rank"]) if one["rank"] else gettext("none")),
        (gettext("Proposed"), _moment(one["proposed_at"])),
        (gettext("Released"), _moment(one["released_at"])),
    ]


def _replayed(content: Content) -> Section:
    differences = [
        (each["what"], _value(each["stored"]), _value(each["recomputed"]))
        for each in content["replay"]["differences"]
    ]
    headers = (gettext("Value"), gettext("Stored"), gettext("Computed again"))
    return Section(
        gettext("Computed again"), [verdict_line(content)], headers if differences else (), differences
    )


def _told(content: Content) -> list[Section]:
    sides = content["told"][get_language() or "en"]
    titles = (
        ("for_seeker", gettext("What the seeker's team reads: for itself")),
        ("for_candidate", gettext("What the seeker's team reads: for the candidate")),
    )
    return [
        Section(title, [each["sentence"] for each in sides[side]] or [gettext("Nothing.")], is_half=True)
        for side, title in titles
    ]


def _sums(content: Content) -> list[Section]:
    titles = (
        ("seeker", gettext("How the seeker's affinity adds up")),
        ("candidate", gettext("How the candidate's affinity adds up")),
    )
    headers = (gettext("Criterion"), gettext("Value"), gettext("Weight"), gettext("Share"))
    return [
        Section(title, headers=headers, rows=_sum(content, side), numbers=3, is_half=True)
        for side, title in titles
    ]


def _sum(content: Content, party: str) -> list[Row]:
    side, rules = content["breakdown"][party], content["policy"]["rules"]
    rows = [
        (
            criterion_label(line["criterion"]),
            f"{line['value']:.4f}" if line["known"] else gettext("not stated"),
            f"{line['weight']:g}",
            f"{line['share']:.4f}" if line["known"] else "–",
        )
        for line in side["criteria"]
    ]
    return [
        (gettext("Base"), f"{rules['c0']:.4f}", f"{rules['w0']:g}", f"{side['base']:.4f}"),
        *rows,
        (gettext("Affinity"), "", "", f"{side['affinity']:.4f}"),
    ]


def _effects(content: Content) -> Section:
    names = topic_names()
    rows = [
        (_fact(each, names), _named(each["organization"]), f"{100 * each['effect']:+.2f}")
        for each in content["effects"]
    ]
    headers = (gettext("Fact"), gettext("Organization"), gettext("Points"))
    title = gettext("What each fact adds to the reciprocal score")
    if content["replay"]["cause"]:
        return Section(title, [verdict_line(content)])
    explained = gettext(
        "The score less what it would be if the profile did not state this one fact; below zero, the score "
        "would be higher without it. These do not add up to the score."
    )
    if not rows:
        return Section(title, [gettext("No fact carries a reason.")])
    return Section(title, [explained], headers, rows, numbers=1)


def _fact(effect: Content, names: TopicNames) -> str:
    """A field of the profile, with the one item where it holds several."""
    field, value = effect["field"], effect["value"]
    label = str(FIELDS[field]) if field in FIELDS else criterion_label(field)
    if value is None:
        return label
    match field:
        case "seeks":
            item = str(Kind(value).label)
        case "partnership_types":
            item = str(PartnershipType(value).label)
        case "languages":
            item = str(WorkingLanguage(value).label)
        case _:
            item = names.get(value, value)
    return _with_colons(label, item)


def _list(content: Content) -> Section:
    one, found = content["recommendation"], content["replay"]
    lines = []
    if one["rank"] is None:
        asked_for = any(
            (event["subject"], event["subject_id"], event["kind"])
            == ("recommendation", one["id"], "asked_for")
            for event in content["events"]
        )
        lines.append(
            gettext("It has no rank: the interest of the other side brought it.")
            if asked_for
            else gettext("It has no rank: a pin brought it, and the list does not hold it.")
        )
    if found["place"] is None:
        lines.append(gettext("The candidate is not listed."))
    else:
        text = gettext("The candidate is at place %(place)s of %(all)s that were possible.")
        lines.append(text % {"place": found["place"], "all": found["candidates"]})
    rows = [
        (
            str(entry["rank"]),
            gettext("%(name)s: this recommendation") % {"name": _named(entry)}
            if entry["code"] == one["candidate"]["code"]
            else _named(entry),
            _hundredths(entry["score"]),
        )
        for entry in content["list"]
    ]
    return Section(
        gettext("The seeker's list (%(kind)s)") % {"kind": Kind(one["kind"]).label},
        lines if not found["cause"] else [verdict_line(content)],
        (gettext("Rank"), gettext("Candidate"), gettext("Reciprocal score")) if rows else (),
        rows,
        numbers=1,
    )


def _policy_and_run(content: Content) -> list[Row]:
    policy, run = content["policy"], content["run"]
    return [
        (gettext("Policy"), f"{policy['name']} v{policy['version']}"),
        (gettext("Policy version made"), _at_by(policy["created_at"], policy["created_by"])),
        (gettext("Match run"), f"#{run['id']}"),
        (gettext("Run asked for"), _at_by(run["requested_at"], run["requested_by"])),
        (gettext("As of"), _day(run["as_of"])),
        (gettext("Finished"), _moment(run["finished_at"])),
        (gettext("Organizations"), f"{run['organizations']:,}"),
        (gettext("Pairs"), f"{run['pairs']:,}"),
        ("K", str(run["top_k"])),
        (gettext("Digest of the snapshot"), run["snapshot_digest"]),
    ]


def _screening_lists(content: Content) -> Section:
    rows = [
        (
            str(ScreeningListName(each["list"]).label),
            each["version"],
            _day(each["dated"]),
            _at_by(each["imported_at"], each["imported_by"]),
        )
        for each in content["screening_lists"]
    ]
    headers = (gettext("List"), gettext("Version"), gettext("Dated"), gettext("Imported"))
    return _table(
        gettext("Screening lists in use on %(at)s") % {"at": _moment(content["decided_at"])},
        headers,
        rows,
        gettext("No list was imported yet."),
    )


def _rules(content: Content) -> Section:
    rows = [
        (
            rule["slug"],
            str(RuleVerdict(rule["verdict"]).label),
            str(PartnershipType(rule["tie"]).label) if rule["tie"] else gettext("every kind of tie"),
            gettext("this pair") if rule["about_pair"] else gettext("other pairs"),
            rule["citation"],
            _at_by(rule["changed_at"], rule["changed_by"]),
        )
        for rule in content["jurisdiction_rules"]
    ]
    headers = (
        gettext("Rule"),
        gettext("Verdict"),
        gettext("Kind of tie"),
        gettext("Concerns"),
        gettext("Citation"),
        gettext("Last changed"),
    )
    return _table(
        gettext("Jurisdiction rules in force on %(at)s") % {"at": _moment(content["decided_at"])},
        headers,
        rows,
        gettext("No rule was in force."),
    )


def _answers(content: Content) -> Section:
    rows = [
        (
            _moment(each["answered_at"]),
            _named(each["organization"]),
            str(Answer(each["answer"]).label),
            str(DeclineReason(each["reason"]).label) if each["reason"] else "",
            _day(each["until"]),
        )
        for each in content["answers"]
    ]
    headers = (
        gettext("When"),
        gettext("Organization"),
        gettext("Answer given"),
        gettext("Reason"),
        gettext("Not before"),
    )
    return _table(
        gettext("Standing answers"), headers, rows, gettext("Neither side has an answer that stands.")
    )


def _mails(content: Content) -> Section:
    rows = [
        (
            _between(each["first_at"], each["last_at"]),
            str(EmailKind(each["kind"]).label),
            str(EmailState(each["state"]).label),
            str(each["people"]),
        )
        for each in content["mails"]
    ]
    headers = (gettext("When"), gettext("Kind of email"), gettext("State"), gettext("To how many"))
    return _table(
        gettext("Emails that told of it"), headers, rows, gettext("No email told of it."), numbers=1
    )


def _events(content: Content) -> Section:
    rows = [
        (_moment(event["at"]), event_words(event), _about(event, content), who(event["by"]))
        for event in content["events"]
    ]
    headers = (gettext("When"), gettext("What"), gettext("Of what"), gettext("By whom"))
    return Section(gettext("Who decided what, when"), headers=headers, rows=rows)


def event_words(event: Content) -> str:
    """What happened; of an answer also which, of an exclusion why. A kind without words stands as stored."""
    subject, kind, data = event["subject"], event["kind"], event["data"]
    if subject == "organization":
        return str(EventKind(kind).label)
    if subject == "run" and kind in RunState.values:
        return gettext("Run ended: %(state)s") % {"state": RunState(kind).label}
    words = str(EVENTS.get((subject, kind), kind))
    details = []
    if kind == "answered":
        details.append(str(RecommendationState(data["to"]).label))
        if data.get("reason"):
            details.append(str(DeclineReason(data["reason"]).label))
    elif (subject, kind) == ("pair", "excluded"):
        details.append(data["reason"])
    return _with_colons(words, *details)


def who(person: Content | None) -> str:
    """Staff by name; others by number only."""
    if person is None:
        return gettext("the service")
    if person["name"]:
        return str(person["name"])
    if person["exists"]:
        return gettext("somebody who is not staff (#%(id)s)") % person
    return gettext("somebody who left (#%(id)s)") % person


def _about(event: Content, content: Content) -> str:
    if event["subject"] == "organization":
        return str(event["organization"])
    if event["subject"] == "policy":
        return f"{content['policy']['name']} v{content['policy']['version']}"
    about = f"{SUBJECTS[event['subject']]} #{event['subject_id']}"
    if event["subject"] in ("recommendation", "pin"):
        return gettext("%(recommendation)s, to %(seeker)s") % {
            "recommendation": about,
            "seeker": event["organization"],
        }
    return about


def _with_colons(*words: str) -> str:
    return ("：" if is_chinese() else ": ").join(words)


def _table(title: str, headers: Row, rows: Sequence[Row], nothing: str, *, numbers: int = 0) -> Section:
    if not rows:
        return Section(title, [nothing])
    return Section(title, headers=headers, rows=rows, numbers=numbers)


def _name(organization: Content) -> str:
    """In the reader's language; the other where only that is known."""
    own, other = organization["name_en"], organization["name_zh"]
    if is_chinese():
        own, other = other, own
    return str(own or other or organization["code"])


def _named(organization: Content) -> str:
    return f"{_name(organization)} · {organization['code']}"


def _hundredths(score: float) -> str:
    return f"{100 * score:.2f}"


def _value(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= VALUE_LENGTH else f"{text[:VALUE_LENGTH]}…"


def _moment(at: str | None) -> str:
    return moment_words(datetime.fromisoformat(at)) if at else "–"


def _between(first: str, last: str) -> str:
    one, other = _moment(first), _moment(last)
    return one if one == other else f"{one} – {other}"


def _day(day: str | None) -> str:
    return date_format(date.fromisoformat(day)) if day else "–"


def _at_by(at: str | None, person: Content | None) -> str:
    return f"{_moment(at)} · {who(person)}"
