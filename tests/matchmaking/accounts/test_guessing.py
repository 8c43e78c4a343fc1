"""Nobody learns here who has an account, and nobody guesses quickly."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alliances.models import User
from matchmaking import nudge
from matchmaking.models import CurationEvent, OutboxEmail
from tests.factories import make_user
from tests.matchmaking.accounts.conftest import NONCES, PASSWORD, Answer, ask_for_code, sign_in_with_password

# As long as the known one, for the sake of Content-Length.
STRANGER = "noel@portland.example"


def told(answer: Answer, address: str) -> tuple[object, ...]:
    """Everything that an answer says, without what is different each time and the address itself."""
    headers = {name: value for name, value in answer.headers.items() if name != "Expires"}
    body = NONCES.sub("", answer.content.decode()).replace(address, "ADDRESS")
    cookies = {name: (cookie["max-age"], cookie["path"]) for name, cookie in answer.cookies.items()}
    return answer.status_code, headers, body, cookies


def by_code(client: Client, address: str) -> list[Answer]:
    return [
        ask_for_code(client, address),
        client.get("/accounts/login/code/"),
        client.post("/accounts/login/code/", {"code": "BBBB-BBBB"}),
        client.post("/accounts/login/code/", {"action": "resend"}),
        client.get("/accounts/login/code/"),
    ]


def by_password(client: Client, address: str) -> list[Answer]:
    return [client.post("/accounts/login/password/", {"login": address, "password": "wrong-pass-word"})]


def by_reset(client: Client, address: str) -> list[Answer]:
    return [
        client.post("/accounts/password/reset/", {"email": address}),
        client.get("/accounts/password/reset/code/"),
        client.post("/accounts/password/reset/code/", {"code": "BBBB-BBBB"}),
    ]


def by_signup(client: Client, address: str) -> list[Answer]:
    return [client.post("/accounts/signup/", {"email": address, "password1": PASSWORD})]


@pytest.mark.parametrize("way", [by_code, by_password, by_reset, by_signup])
def test_known_and_unknown_addresses_are_answered_alike(
    person: User, way: Callable[[Client, str], list[Answer]]
) -> None:
    known = [told(answer, person.email) for answer in way(Client(), person.email)]
    unknown = [told(answer, STRANGER) for answer in way(Client(), STRANGER)]
    assert known == unknown


@pytest.mark.parametrize("way", [by_code, by_reset])
def test_an_unknown_address_gets_no_mail_and_leaves_no_row(
    way: Callable[[Client, str], list[Answer]],
) -> None:
    way(Client(), STRANGER)
    assert (OutboxEmail.objects.count(), CurationEvent.objects.filter(subject="email").count()) == (0, 0)


def test_the_same_is_written_for_an_unknown_address(person: User) -> None:
    """What takes time is done for both: the mail is rendered, a row made, a worker nudged."""
    work = {}
    for address in (person.email, STRANGER):
        with CaptureQueriesContext(connection) as queries, patch.object(nudge, "after_commit") as asked:
            ask_for_code(Client(), address)
        written = [one["sql"].split('"')[1] for one in queries if one["sql"].startswith("INSERT")]
        work[address] = ([name for name in written if name.startswith("matchmaking")], asked.call_count)
    assert work[person.email] == (["matchmaking_outboxemail", "matchmaking_curationevent"], 1)
    assert work[STRANGER] == work[person.email]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "This field is required."),
        ("maya", "Enter one email address."),
        ("a@x.example, b@x.example", "Enter one email address."),
        ("李伟@wuhan.example", "The part before @ must use Latin letters for now."),
        ("a" * 1_048_576, "Ensure this value has at most 254 characters (it has 1048576)."),
        ("a@x.example\0", "Null characters are not allowed."),
    ],
)
@pytest.mark.parametrize("page", ["/accounts/login/", "/accounts/password/reset/"])
def test_a_bad_address_is_named(client: Client, page: str, typed: str, said: str) -> None:
    answer = client.post(page, {"email": typed})
    assert (answer.status_code, answer.context["form"].errors["email"]) == (200, [said])


def test_a_chinese_domain_finds_its_account(client: Client) -> None:
    user = make_user("li.wei@xn--fiqs8s.example")
    ask_for_code(client, "Li.Wei@中国.example")
    assert OutboxEmail.objects.get().user == user


def test_asking_for_codes_is_limited_by_address(person: User) -> None:
    for _ in range(3):
        assert ask_for_code(Client(), person.email).status_code == 302
    answer = ask_for_code(Client(), person.email)
    assert "Too many attempts. Wait a few minutes and try again." in answer.content.decode()
    assert OutboxEmail.objects.count() == 3


def test_a_forged_forwarding_header_changes_nothing() -> None:
    answers = [
        Client().post(
            "/accounts/login/", {"email": f"a{n}@x.example"}, headers={"x-forwarded-for": f"203.0.113.{n}"}
        )
        for n in range(21)
    ]
    assert [answer.status_code for answer in answers] == [302] * 20 + [200]


@pytest.mark.parametrize(
    ("language", "html_language"), [("en", '<html lang="en">'), ("zh-hans", '<html lang="zh-Hans">')]
)
def test_too_many_sign_ins_are_answered_in_our_look(
    client: Client, language: str, html_language: str
) -> None:
    for _ in range(30):
        client.post("/accounts/login/password/", {})
    answer = client.post("/accounts/login/password/", {}, headers={"accept-language": language})
    page = answer.content.decode()
    assert (answer.status_code, 'class="site-header' in page, html_language in page) == (429, True, True)


def test_the_right_password_gets_in_after_four_wrong_ones(client: Client, curator: User) -> None:
    for _ in range(4):
        client.post("/accounts/login/password/", {"login": curator.email, "password": "wrong"})
    assert sign_in_with_password(client, curator).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_are_counted_one_by_one() -> None:
    user = make_user("curator@test.example", password=PASSWORD)
    checks: list[str] = []
    real = User.check_password

    def counted(self: User, raw: str) -> bool:
        checks.append(raw)
        return real(self, raw)

    def guess(number: int) -> int:
        try:
            form = {"login": user.email, "password": f"guess-{number}"}
            where = f"203.0.113.{number}"
            return Client().post("/accounts/login/password/", form, REMOTE_ADDR=where).status_code
        finally:
            connection.close()

    with patch.object(User, "check_password", counted), ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(guess, range(40)))
    assert (set(answers), len(checks)) == ({200}, 5)


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_of_a_code_do_not_outrun_their_count(person: User) -> None:
    client = Client()
    ask_for_code(client, person.email)
    cookies = client.cookies
    tried: list[str] = []

    def guess(number: int) -> int:
        try:
            browser = Client()
            browser.cookies = cookies
            answer = browser.post("/accounts/login/code/", {"code": f"BBBB-BB{number:02}"})
            tried.append(answer.content.decode())
            return answer.status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(guess, range(40)))
    assert sum("This code is not right." in page for page in tried) <= 10
