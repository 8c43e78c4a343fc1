"""The page that says how a score is made: what it says of weights is what the policy in force says."""

from __future__ import annotations

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from matchmaking import engine
from matchmaking.engine.names import CRITERIA
from matchmaking.portal.how_it_works import QUESTIONS, how_it_works, lines
from matchmaking.services import policies
from matchmaking.wording.breakdown import GROUPS
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, text_of

DEFAULT = engine.Policy.default()


def told(weights: object) -> dict[str, list[tuple[int, str]]]:
    return {
        str(line.label): [(weight.share, str(weight.word)) for weight in line.weights]
        for line in lines(weights)  # type: ignore[arg-type]
    }


def test_every_criterion_stands_in_a_line_and_every_line_asks_something() -> None:
    assert sorted(criterion for _label, criteria in GROUPS for criterion in criteria) == sorted(CRITERIA)
    assert list(QUESTIONS) == [criteria[0] for _label, criteria in GROUPS]


def test_weights_are_told_in_words_and_as_shares_of_the_largest() -> None:
    found = told(DEFAULT.weights)
    city, firm, alliance = zip(*found.values(), strict=True)
    # Weights of a city: 1, .5, .6, .3, .1, .2, .05 + .05, 3 * .033, .1, .1.
    assert city == (
        (100, "a great deal"),
        (50, "a great deal"),
        (60, "a great deal"),
        (30, "some"),
        (10, "a little"),
        (20, "some"),
        (10, "a little"),
        (10, "a little"),
        (10, "a little"),
        (10, "a little"),
    )
    assert firm == ((50, "a great deal"), (100, "a great deal"), *city[2:])
    assert alliance == city


def test_a_weight_of_zero_counts_for_nothing() -> None:
    weights = {kind: {**row, "trust": 0.0} for kind, row in DEFAULT.weights.items()}
    assert told(weights)["Trust"] == [(0, "nothing")] * 3
    nothing = {kind: dict.fromkeys(CRITERIA, 0.0) for kind in weights}
    assert set(map(tuple, told(nothing).values())) == {((0, "nothing"),) * 3}


@pytest.mark.django_db
def test_the_page_follows_the_policy_in_force(client: Client) -> None:
    assert client.get("/how-it-works/").context["bands"] == [
        ("very strong", "40"),
        ("strong", "33"),
        ("fair", "25"),
    ]
    rules = DEFAULT.to_dict()
    rules["weights"]["city"]["trust"] = 2.0
    rules["bands"]["fair"] = 12.5
    policies.policy_activate(policies.policy_new_version("standard", rules))
    context = client.get("/how-it-works/").context
    assert context["bands"][-1] == ("fair", "12.5")
    assert [(line.weights[0].share, line.weights[0].word) for line in context["lines"]][::9] == [
        (50, "a great deal"),
        (100, "a great deal"),
    ]


@pytest.mark.django_db
def test_the_page_costs_one_query(client: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(1):
        assert client.get("/how-it-works/").resolver_match.func == how_it_works


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"),
    [
        (ENGLISH, ("Both have said yes", "needs met", "One of the two has not been approved by our staff.")),
        (CHINESE, ("双方均表示有意向", "需求满足", "其中一方尚未通过工作人员审核。")),
    ],
)
def test_anybody_reads_it_in_their_language(language: str, words: tuple[str, ...]) -> None:
    page = text_of(Client(headers={"accept-language": language}), "/how-it-works/").lower()
    assert [word for word in words if word.lower() not in page] == []


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/recommendations/"])
def test_pages_lead_to_it(client: Client, path: str) -> None:
    page = client.get(path, follow=True).content.decode()
    # From the steps of the landing page and from every page's foot.
    assert page.count('href="/how-it-works/"') == (2 if path == "/" else 1)
    assert page.count('href="/how-it-works/#data"') == 1
