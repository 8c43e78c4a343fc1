"""Asking to join: by code where the organization is approved, else by a voucher; otherwise a missing page."""

from __future__ import annotations

import re
import time

import pytest
from django.core import signing
from django.test import Client
from pytest_django import Settings

from alliances.enums import OrganizationState
from alliances.models import Organization, TeamClaim, User
from matchmaking.portal.claims import VOUCHER_SALT, claim_voucher
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, signed_in, words_of
from tests.matchmaking.portal.test_every_page import INLINE

pytestmark = pytest.mark.django_db
PAGE = "/organization/us-springfield/claim/"
BY_VOUCHER = "/organization/claim/"
SAID = {"message": "I plan the buses."}


@pytest.fixture
def asker() -> User:
    return make_user("kim@x.org")


@pytest.fixture
def organization() -> Organization:
    return make_organization("us-springfield", name_en="Springfield", name_zh="春田市", region="Canary")


def make_draft(state: OrganizationState = OrganizationState.DRAFT) -> Organization:
    return make_organization("us-canary", state=state, name_en="Canary", name_zh="金丝雀")


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        (ENGLISH, "Your request is passed on. We write to you once it is decided."),
        (CHINESE, "您的申请已转达。一有决定，我们会写信告知您。"),
    ],
)
def test_asking_by_code(organization: Organization, asker: User, language: str, sentence: str) -> None:
    answer = signed_in(asker, language).post(PAGE, SAID, follow=True)
    assert answer.redirect_chain == [("/organization/invitations/", 302)]
    assert sentence in words_of(answer.content.decode())
    claim = TeamClaim.objects.get()
    assert (claim.organization, claim.user, claim.message) == (organization, asker, SAID["message"])


@pytest.mark.parametrize("state", [one for one in OrganizationState if one != OrganizationState.APPROVED])
def test_by_code_one_that_is_not_approved_is_missing(asker: User, state: OrganizationState) -> None:
    make_draft(state)
    for language in (ENGLISH, CHINESE):
        client = signed_in(asker, language)
        hidden = client.post("/organization/us-canary/claim/", SAID)
        missing = client.post("/organization/no-such-code/claim/", SAID)
        assert (hidden.status_code, hidden.content) == (404, missing.content)
        # A voucher opens its own door only.
        voucher = claim_voucher(Organization.objects.get(), asker)
        hidden = client.post("/organization/us-canary/claim/", {**SAID, "voucher": voucher})
        assert (hidden.status_code, hidden.content) == (404, missing.content)
    assert TeamClaim.objects.count() == 0


def test_it_is_posted_to_and_says_nothing_to_who_only_looks(organization: Organization, asker: User) -> None:
    make_draft()
    client = signed_in(asker)
    codes = ("us-springfield", "us-canary", "no-such-code")
    looks = [client.get(path) for path in (*(f"/organization/{code}/claim/" for code in codes), BY_VOUCHER)]
    assert {(look.status_code, look["location"]) for look in looks} == {(302, "/register/")}
    assert Client().post(PAGE, SAID).status_code == 302
    assert TeamClaim.objects.count() == 0


@pytest.mark.parametrize(
    ("message", "language", "sentence"),
    [
        ("", ENGLISH, "Say who you are, so that whoever decides can tell."),
        (" ", CHINESE, "请说明您的身份，以便对方作出决定。"),
        ("a" * 501, ENGLISH, "The text is too long (501 characters; limit 500)."),
        ("a\u202eb", ENGLISH, "Text contains invisible or direction-changing characters (U+202E)."),
        ("a\x00b", ENGLISH, "Null characters are not allowed."),
    ],
)
@pytest.mark.parametrize("door", ["code", "voucher"])
def test_a_wrong_message_shows_the_form_again(
    organization: Organization, asker: User, message: str, language: str, sentence: str, door: str
) -> None:
    path, more = (
        (PAGE, {}) if door == "code" else (BY_VOUCHER, {"voucher": claim_voucher(make_draft(), asker)})
    )
    answer = signed_in(asker, language).post(path, {"message": message, **more})
    page = answer.content.decode()
    assert (answer.status_code, sentence in words_of(page)) == (400, True)
    # The form leads where it came from.
    assert f'action="{path}"' in page
    assert (f'name="voucher" value="{more.get("voucher")}"' in page) == (door == "voucher")
    assert INLINE.findall(page) == []
    assert (page.count("<h1"), page.count("btn--primary")) == (1, 1)
    assert TeamClaim.objects.count() == 0


def test_the_form_shows_the_name_and_nothing_else(organization: Organization, asker: User) -> None:
    make_team_member(organization, make_user("canary@x.org", name="Canary"))
    page = signed_in(asker).post(PAGE, {"message": ""}).content.decode()
    assert "Ask to join Springfield" in page
    assert "anary" not in page
    assert "春田市" not in page


def test_by_voucher_the_form_shows_no_name(asker: User) -> None:
    draft = make_draft()
    voucher = claim_voucher(draft, asker)
    page = signed_in(asker).post(BY_VOUCHER, {"voucher": voucher}).content.decode()
    assert "Ask to join the organization" in page
    assert [word for word in ("anary", "金丝雀") if word in page] == []


@pytest.mark.parametrize("state", OrganizationState)
def test_a_voucher_opens_any_organization_to_its_person(asker: User, state: OrganizationState) -> None:
    draft = make_draft(state)
    answer = signed_in(asker).post(BY_VOUCHER, {**SAID, "voucher": claim_voucher(draft, asker)})
    assert answer.status_code == 302
    assert TeamClaim.objects.get().organization == draft


def test_a_voucher_is_for_one_person_one_purpose_and_one_day(asker: User, settings: Settings) -> None:
    draft = make_draft()
    good = claim_voucher(draft, asker)
    as_other_purpose = signing.dumps([draft.pk, asker.pk], key=settings.LINK_KEY, salt="other")
    with_other_key = signing.dumps([draft.pk, asker.pk], key="other", salt=VOUCHER_SALT)
    altered = good[:-1] + ("A" if good[-1] != "A" else "B")
    client = signed_in(asker)
    wrong = [
        claim_voucher(draft, make_user()),
        as_other_purpose,
        with_other_key,
        altered,
        "",
        "\x00",
        "é:é:é",
    ]
    answers = [client.post(BY_VOUCHER, {**SAID, "voucher": voucher}) for voucher in wrong]
    missing = client.post("/organization/no-such-code/claim/", SAID)
    assert {(answer.status_code, answer.content) for answer in answers} == {(404, missing.content)}
    assert TeamClaim.objects.count() == 0


def test_a_voucher_ends_after_a_day(asker: User, monkeypatch: pytest.MonkeyPatch) -> None:
    client, good = signed_in(asker), claim_voucher(make_draft(), asker)
    later = time.time() + 24 * 3600 + 2
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: later)
        assert client.post(BY_VOUCHER, {**SAID, "voucher": good}).status_code in (302, 404)
    assert TeamClaim.objects.count() == 0
    assert client.post(BY_VOUCHER, {**SAID, "voucher": good}).status_code == 302


def test_a_voucher_of_an_organization_that_is_gone_is_missing(asker: User) -> None:
    draft = make_draft()
    voucher = claim_voucher(draft, asker)
    draft.delete()
    assert signed_in(asker).post(BY_VOUCHER, {**SAID, "voucher": voucher}).status_code == 404


def test_asking_twice_says_so(organization: Organization, asker: User) -> None:
    client = signed_in(asker)
    client.post(PAGE, SAID)
    answer = client.post(PAGE, SAID)
    assert answer.status_code == 400
    assert "You have asked already." in words_of(answer.content.decode())
    assert re.search(r"<textarea[^>]*>I plan the buses.</textarea>", answer.content.decode())
    assert TeamClaim.objects.count() == 1
