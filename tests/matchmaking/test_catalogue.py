"""The Simplified Chinese catalogue: complete, true to its places, and compiled."""

import re
from pathlib import Path

import polib
import pytest
from django.conf import settings

FOLDER = Path(settings.LOCALE_PATHS[0]) / "zh_Hans" / "LC_MESSAGES"
PLACE = re.compile(r"%\(\w+\)[a-z]|%[a-z]|\{\w*\}")

Key = tuple[str | None, str, str]


@pytest.fixture(scope="module")
def source() -> polib.POFile:
    return polib.pofile(FOLDER / "django.po")


def places(text: str) -> set[str]:
    return set(PLACE.findall(text.replace("%%", "")))


def translations(catalogue: polib.POFile | polib.MOFile) -> dict[Key, list[str]]:
    return {
        (entry.msgctxt, entry.msgid, entry.msgid_plural): list(entry.msgstr_plural.values()) or [entry.msgstr]
        for entry in catalogue
    }


def test_every_message_is_translated(source: polib.POFile) -> None:
    assert len(source) > 0
    assert [entry.msgid for entry in source if not entry.translated()] == []
    assert [entry.msgid for entry in source if entry.fuzzy] == []
    assert [entry.msgid for entry in source if entry.obsolete] == []


def test_chinese_has_one_form_of_the_plural(source: polib.POFile) -> None:
    assert source.metadata["Plural-Forms"] == "nplurals=1; plural=0;"
    assert [entry.msgid for entry in source if entry.msgid_plural and set(entry.msgstr_plural) != {0}] == []


def test_every_place_is_kept(source: polib.POFile) -> None:
    wrong = [
        (entry.msgid, written)
        for entry in source
        for written in entry.msgstr_plural.values() or [entry.msgstr]
        if places(written) != places(entry.msgid) | places(entry.msgid_plural)
    ]
    assert wrong == []


def test_what_is_served_is_what_is_written(source: polib.POFile) -> None:
    compiled = polib.mofile(FOLDER / "django.mo")
    assert translations(compiled) == translations(source)
