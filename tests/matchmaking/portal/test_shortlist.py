"""Saved pairs and notes: kept by those who write for a side, read by that side alone, beyond a run."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime
from functools import partial

import pytest
from django.test import Client

from alliances.enums import TeamRole
from alliances.models import User
from matchmaking.models import PairNote, Recommendation, SavedPair
from matchmaking.selectors.shortlist import Shortlist, shortlist_of
from matchmaking.services import shortlist
from matchmaking.services.shortlist import NOTES_AT_MOST, note_write, pair_save
from tests.alliances.test_team_races import at_once, meet_after
from tests.factories import make_team_member, make_user
from tests.matchmaking.introductions.scenes import Couple, make_couples
from tests.matchmaking.portal.pages import CHINESE, signed_in, text_of, words_of
from tests.matchmaking.runs.conftest import complete_run

pytestmark = pytest.mark.django_db


@pytest.fixture
def couple() -> Couple:
    return make_couples(1)[0]


def page_of(one: Recommendation) -> str:
    return f"/recommendations/{one.public_id}/"


def texts() -> list[str]:
    return list(PairNote.objects.order_by("pk").values_list("text", flat=True))


def colleague(couple: Couple, role: TeamRole) -> User:
    return make_team_member(couple.us.organization, role=role).user


# --- Saved ---------------------------------------------------------------------------------------


def test_saving_and_taking_off_each_twice_is_once(couple: Couple) -> None:
    client = signed_in(couple.us.person)
    path = page_of(couple.us.recommendation)
    for saved, expected in (("yes", 1), ("yes", 1), ("no", 0), ("no", 0)):
        answer = client.post(f"{path}save/", {"saved": saved})
        assert (answer.status_code, answer["location"]) == (302, path)
        assert SavedPair.objects.count() == expected


def kept_by(user: User) -> Shortlist:
    return shortlist_of(user, dict(user.team_memberships.values_list("organization_id", "role")))


def test_a_pair_is_saved_for_one_side(couple: Couple) -> None:
    signed_in(couple.us.person).post(f"{page_of(couple.us.recommendation)}save/", {"saved": "yes"})
    kept = SavedPair.objects.get()
    assert (kept.pair, kept.organization, kept.saved_by) == (
        couple.pair,
        couple.us.organization,
        couple.us.person,
    )
    assert kept_by(couple.us.person).has_saved(couple.us.recommendation)
    assert not kept_by(couple.cn.person).saved
    assert "Remove from saved" in text_of(signed_in(couple.us.person), page_of(couple.us.recommendation))
    theirs = text_of(signed_in(couple.cn.person), page_of(couple.cn.recommendation))
    assert "Save for later</button>" in theirs
    assert "Remove from saved" not in theirs


@pytest.mark.parametrize(
    ("back", "expected"),
    [
        ("/recommendations/?kind=firm#m7", "/recommendations/?kind=firm#m7"),
        ("https://elsewhere.example/", None),
        ("//elsewhere.example/", None),
        ("javascript:alert(1)", None),
        ("portal", None),
    ],
)
def test_saving_leads_back_and_never_off_the_site(couple: Couple, back: str, expected: str | None) -> None:
    path = page_of(couple.us.recommendation)
    answer = signed_in(couple.us.person).post(f"{path}save/", {"saved": "yes", "next": back})
    assert answer["location"] == (expected or path)


def test_what_is_neither_yes_nor_no_is_refused(couple: Couple) -> None:
    client = signed_in(couple.us.person)
    for data in ({}, {"saved": "maybe"}):
        assert client.post(f"{page_of(couple.us.recommendation)}save/", data).status_code == 400
    assert SavedPair.objects.count() == 0


# --- Notes ---------------------------------------------------------------------------------------


def test_a_note_keeps_its_author_and_time(couple: Couple) -> None:
    path = page_of(couple.us.recommendation)
    before = datetime.now(UTC)
    answer = signed_in(couple.us.person).post(
        f"{path}notes/", {"text": "  Ask about <b>buses</b>.\r\nThen decide. "}
    )
    assert (answer.status_code, answer["location"]) == (302, f"{path}#team")
    note = PairNote.objects.get()
    assert (note.text, note.author, note.organization, note.pair) == (
        "Ask about <b>buses</b>.\nThen decide.",
        couple.us.person,
        couple.us.organization,
        couple.pair,
    )
    assert before <= note.written_at <= datetime.now(UTC)
    assert (note.changed_by, note.changed_at) == (None, None)
    page = text_of(signed_in(colleague(couple, TeamRole.VIEWER)), path)
    assert '<p class="as-written" lang="">Ask about &lt;b&gt;buses&lt;/b&gt;.\nThen decide.</p>' in page
    assert couple.us.person.name in page


def test_a_note_sent_twice_is_kept_once(couple: Couple) -> None:
    client, path = signed_in(couple.us.person), f"{page_of(couple.us.recommendation)}notes/"
    other = signed_in(colleague(couple, TeamRole.EDITOR))
    for one, text in ((client, "twice"), (client, " twice "), (other, "twice"), (client, "twice")):
        assert one.post(path, {"text": text}).status_code == 302
    assert texts() == ["twice"] * 3


@pytest.mark.django_db(transaction=True)
def test_a_note_sent_twice_at_once_is_kept_once(couple: Couple, monkeypatch: pytest.MonkeyPatch) -> None:
    meet_after(monkeypatch, shortlist, "_checked")
    write = partial(note_write, couple.us.recommendation, text="twice", by=couple.us.person)
    assert at_once(write, write) == ["done", "done"]
    assert texts() == ["twice"]


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "Write something, or remove the note."),
        (" \r\n ", "Write something, or remove the note."),
        ("x" * 1001, "The note is too long (1,001 characters; limit 1,000)."),
        ("right\u202eleft", "Text contains invisible or direction-changing characters (U+202E)."),
    ],
)
def test_a_refused_note_is_shown_again(couple: Couple, text: str, error: str) -> None:
    client = signed_in(couple.us.person)
    path = f"{page_of(couple.us.recommendation)}notes/"
    kept = note_write(couple.us.recommendation, text="kept", by=couple.us.person)
    for data in ({"text": text}, {"text": text, "note": str(kept.public_id)}):
        answer = client.post(path, data)
        assert answer.status_code == 400
        page = answer.content.decode()
        assert re.findall(r'<p class="error" id="[\w-]+" role="alert">(.*?)</p>', page) == [error]
        assert f">{text}</textarea>" in page
    assert texts() == ["kept"]


def test_a_thousand_letters_are_kept(couple: Couple) -> None:
    note_write(couple.us.recommendation, text="长" * 1000, by=couple.us.person)
    assert texts() == ["长" * 1000]


def test_a_side_writes_so_many_notes_on_a_pair(couple: Couple) -> None:
    for number in range(NOTES_AT_MOST):
        note_write(couple.us.recommendation, text=str(number), by=couple.us.person)
    note_write(couple.cn.recommendation, text="theirs", by=couple.cn.person)
    answer = signed_in(couple.us.person).post(
        f"{page_of(couple.us.recommendation)}notes/", {"text": "one more"}
    )
    assert answer.status_code == 400
    assert "There are 50 notes on this pair already. Remove one first." in answer.content.decode()
    assert PairNote.objects.count() == NOTES_AT_MOST + 1


@pytest.mark.parametrize(
    ("who", "may"),
    [("author", True), ("owner", True), ("editor", False), ("viewer", False), ("author made viewer", False)],
)
def test_author_and_owners_change_and_remove(couple: Couple, who: str, may: bool) -> None:
    note = note_write(couple.us.recommendation, text="first", by=couple.us.person)
    person = couple.us.person if who.startswith("author") else colleague(couple, TeamRole(who))
    if who == "author made viewer":
        person.team_memberships.update(role=TeamRole.VIEWER)
    client, path = signed_in(person), page_of(couple.us.recommendation)
    assert ("Change or remove" in text_of(client, path)) == may
    changed = client.post(f"{path}notes/", {"note": str(note.public_id), "text": "second"})
    assert changed.status_code == (302 if may else 403)
    note.refresh_from_db()
    assert (note.text, note.author, note.changed_by) == (
        ("second", couple.us.person, person) if may else ("first", couple.us.person, None)
    )
    removed = client.post(f"{path}notes/", {"note": str(note.public_id), "remove": "yes"})
    assert removed.status_code == (302 if may else 403)
    assert PairNote.objects.count() == (0 if may else 1)


def test_the_same_text_again_is_no_change(couple: Couple) -> None:
    note = note_write(couple.us.recommendation, text="first", by=couple.us.person)
    signed_in(couple.us.person).post(
        f"{page_of(couple.us.recommendation)}notes/", {"note": str(note.public_id), "text": "first "}
    )
    note.refresh_from_db()
    assert note.changed_at is None


def test_viewers_read_and_do_not_write(couple: Couple) -> None:
    note_write(couple.us.recommendation, text="read me", by=couple.us.person)
    client, path = signed_in(colleague(couple, TeamRole.VIEWER)), page_of(couple.us.recommendation)
    words = words_of(text_of(client, path))
    assert "read me" in words
    assert "Owners and editors of your team write notes." in words
    assert "Save for later" not in words
    assert client.post(f"{path}notes/", {"text": "mine"}).status_code == 403
    assert client.post(f"{path}save/", {"saved": "yes"}).status_code == 403
    assert (texts(), SavedPair.objects.count()) == (["read me"], 0)


def test_others_and_staff_neither_read_nor_write(couple: Couple) -> None:
    note = note_write(couple.us.recommendation, text="ours alone", by=couple.us.person)
    path = page_of(couple.us.recommendation)
    for person, status in ((couple.cn.person, 404), (make_user(), 404), (make_user(is_staff=True), 403)):
        client = signed_in(person)
        assert client.post(f"{path}notes/", {"text": "mine"}).status_code == status
        assert client.post(f"{path}save/", {"saved": "yes"}).status_code == status
        change = {"note": str(note.public_id), "text": "mine"}
        assert client.post(f"{path}notes/", change).status_code == 404
        # Not through their own side of the pair either.
        assert client.post(f"{page_of(couple.cn.recommendation)}notes/", change).status_code == 404
        assert not PairNote.objects.visible_to(person).exists()
    staff = text_of(signed_in(make_user(is_staff=True)), path)
    assert "ours alone" not in staff
    assert "For your team alone" not in staff
    assert (texts(), SavedPair.objects.count()) == (["ours alone"], 0)


def test_a_note_belongs_to_its_pair(couple: Couple) -> None:
    other = make_couples(1)[0]
    make_team_member(other.us.organization, couple.us.person)
    note = note_write(other.us.recommendation, text="elsewhere", by=couple.us.person)
    answer = signed_in(couple.us.person).post(
        f"{page_of(couple.us.recommendation)}notes/", {"note": str(note.public_id), "remove": "yes"}
    )
    assert (answer.status_code, texts()) == (404, ["elsewhere"])


@pytest.mark.parametrize("stated", ["", "nonsense", "\x00", "00000000-0000-0000-0000-000000000000"])
def test_a_note_that_is_none_is_not_found(couple: Couple, stated: str) -> None:
    answer = signed_in(couple.us.person).post(
        f"{page_of(couple.us.recommendation)}notes/", {"note": stated, "text": "x"}
    )
    assert (answer.status_code, texts()) == (404, [])


def test_only_posting_writes(couple: Couple) -> None:
    client, page = signed_in(couple.us.person), page_of(couple.us.recommendation)
    for door in ("save/", "notes/", "answer/"):
        for look in (client.get(page + door), client.head(page + door)):
            assert (look.status_code, look["location"]) == (302, page)
        assert client.put(page + door).status_code == 405
        answer = Client().post(page + door, {"saved": "yes", "text": "x"})
        assert answer.status_code == 302
        assert "/accounts/login/" in answer["location"]
    assert (texts(), SavedPair.objects.count()) == ([], 0)


def test_what_is_kept_outlives_the_next_run_and_its_author(couple: Couple) -> None:
    editor = colleague(couple, TeamRole.EDITOR)
    note_write(couple.us.recommendation, text="still here", by=editor)
    pair_save(couple.us.recommendation, saved=True, by=editor)
    editor.delete()
    again = Recommendation.objects.get(pk=couple.us.recommendation.pk)
    again.pk, again.public_id, again.run = None, uuid.uuid4(), complete_run()
    again.save()
    page = words_of(text_of(signed_in(couple.us.person), page_of(again)))
    assert "still here" in page
    assert "Somebody whose account is gone" in page
    assert kept_by(couple.us.person).has_saved(again)


def test_the_panel_in_chinese(couple: Couple) -> None:
    note_write(couple.us.recommendation, text="记一笔", by=couple.us.person)
    page = words_of(text_of(signed_in(couple.us.person, CHINESE), page_of(couple.us.recommendation)))
    for words in ("仅供贵方团队", "收藏备查", "修改或删除", "记一笔"):
        assert words in page
