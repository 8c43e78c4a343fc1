"""What the tests of the portal's pages share."""

from __future__ import annotations

import re

from django.test import Client

from alliances.models import User

ENGLISH, CHINESE = "en", "zh-hans"


def signed_in(user: User, language: str = ENGLISH) -> Client:
    """A browser in which this person is signed in, asking for a language."""
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def text_of(client: Client, path: str, status: int = 200) -> str:
    """The page as it is sent."""
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def words_of(html: str) -> str:
    """What is read of a page, in one line."""
    body = re.sub(r"(?s)<(title|head)\b.*?</\1>", " ", html)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def dangling(html: str) -> list[str]:
    """The ids by which a field of the page is described and that not exactly one of its elements has."""
    named = {one for words in re.findall(r'aria-describedby="([^"]+)"', html) for one in words.split()}
    ids = re.findall(r'\sid="([^"]+)"', html)
    return sorted(one for one in named if ids.count(one) != 1)
