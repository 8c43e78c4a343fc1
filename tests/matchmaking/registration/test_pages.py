"""A stranger registers: signs up with a code, finds the city, fills in the steps, hands in, is told."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from alliances.enums import ConsentPurpose, Country, Kind, OrganizationState, TeamRole
from alliances.models import (
    Consent,
    FirmDetails,
    Need,
    Offer,
    Organization,
    ReferenceCity,
    RegisterEvent,
    User,
)
from matchmaking.enums import EmailKind
from matchmaking.models import OutboxEmail
from tests.factories import make_hit, make_organization, make_team_member, make_topic, make_user
from tests.matchmaking.portal.pages import CHINESE, ENGLISH, dangling, signed_in, text_of, words_of

pytestmark = pytest.mark.django_db

STEPS = ["organization", "place", "topics", "preferences", "consents", "check"]


@pytest.fixture
def denver() -> ReferenceCity:
    return ReferenceCity.objects.create(
        code="us-1",
        country="US",
        name_en="Denver",
        name_zh="丹佛",
        region="Colorado",
        population=729_019,
        latitude=39.74,
        longitude=-104.98,
    )


def draft_of(user: User, kind: Kind = Kind.CITY, country: Country = Country.US) -> Organization:
    organization = make_organization(kind=kind, country=country, state=OrganizationState.DRAFT)
    make_team_member(organization, user)
    return organization


def step(organization: Organization, name: str) -> str:
    return f"/organization/{organization.code}/profile/{name}/"


# --- Signing up --------------------------------------------------------------------------------


def code_in_mail(address: str) -> str:
    mail = OutboxEmail.objects.filter(recipient=address).latest("pk")
    found = re.search(r"^\s*([0-9A-Z]{3,4}-?[0-9A-Z]{3,4})\s*$", mail.body_text, re.MULTILINE)
    assert found
    return found[1]


def test_a_new_address_becomes_an_account_by_its_code_and_goes_on_to_register() -> None:
    client = Client(headers={"accept-language": CHINESE})
    answer = client.post("/accounts/signup/", {"email": "Ada@City.example"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/code/")
    person = User.objects.get()
    assert (person.email, person.language, person.last_login) == ("ada@city.example", "zh-hans", None)
    answer = client.post("/accounts/login/code/", {"code": code_in_mail("ada@city.example")})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/register/")
    assert User.objects.get().last_login is not None


def test_a_known_address_gets_the_same_answer_and_its_owner_a_code() -> None:
    known = make_user("known@city.example")
    answers = [
        Client().post("/accounts/signup/", {"email": address})
        for address in (known.email, "new@city.example")
    ]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert answers[0].content == answers[1].content
    assert list(OutboxEmail.objects.order_by("pk").values_list("recipient", flat=True)) == [
        "known@city.example",
        "new@city.example",
    ]


@pytest.mark.parametrize(
    ("address", "english", "chinese"),
    [
        ("a@x.org, b@x.org", "Enter one email address.", "请输入一个电子邮件地址。"),
        (
            "张三@例子.公司",
            "The part before @ must use Latin letters for now.",
            "@ 前面的部分目前只能使用拉丁字母。",
        ),
        (f"{'a' * 250}@x.org", "Email address is too long (limit 254).", "电子邮件地址过长（上限 254）。"),
    ],
)
def test_a_bad_address_is_refused_in_both_languages(address: str, english: str, chinese: str) -> None:
    for language, words in ((ENGLISH, english), (CHINESE, chinese)):
        client = Client(headers={"accept-language": language})
        html = client.post("/accounts/signup/", {"email": address}).content.decode()
        assert words in html or "254" in html
    assert (User.objects.count(), OutboxEmail.objects.count()) == (0, 0)


def test_a_chinese_domain_is_kept_as_punycode() -> None:
    Client().post("/accounts/signup/", {"email": "wang@例子.公司"})
    assert User.objects.get().email == "wang@xn--fsqu00a.xn--55qx5d"


# --- Which organization ------------------------------------------------------------------------


def test_a_city_fills_itself(denver: ReferenceCity) -> None:
    client = signed_in(make_user())
    page = text_of(client, "/register/?kind=city&country=US&q=denver")
    assert 'value="us-1"' in page
    assert "Denver 丹佛 Colorado · 729,019 people" in words_of(page)
    answer = client.post("/register/", {"kind": "city", "country": "US", "city": "us-1"})
    assert answer.headers["Location"] == "/organization/us-city-denver/profile/organization/"
    made = Organization.objects.values(
        "name_en", "name_zh", "region", "population", "population_basis", "latitude", "longitude", "languages"
    ).get()
    assert made == {
        "name_en": "Denver",
        "name_zh": "丹佛",
        "region": "CO",
        "population": 729_019,
        "population_basis": "geonames",
        "latitude": 39.74,
        "longitude": -104.98,
        "languages": ["en"],
    }


def test_what_is_in_the_register_is_shown_before_it_is_made_twice(denver: ReferenceCity) -> None:
    make_organization("us-city-denver", name_en="Denver", name_zh="", region="Colorado")
    make_organization(name_en="City of Denver", name_zh="", region="CO", state=OrganizationState.DRAFT)
    make_hit(make_organization("us-held", name_en="Denver", name_zh="Canary", region="CO"))
    client = signed_in(make_user())
    data = {"kind": "city", "country": "US", "city": "us-1"}
    page = client.post("/register/", data).content.decode()
    assert Organization.objects.count() == 3
    # Neither somebody else's draft nor who is not in the directory is named to anybody.
    assert sorted(re.findall("/organization/([a-z-]+/)?claim/", page)) == ["", "", "us-city-denver/"]
    assert ("City of Denver" in page, "Canary" in page) == (False, False)
    assert page.count("An organization that is not listed by name") == 2
    assert '<input type="hidden" name="city" value="us-1">' in page
    answer = client.post("/register/", {**data, "sure": "1"})
    assert answer.headers["Location"] == "/organization/us-city-denver-2/profile/organization/"


def test_ones_own_draft_is_continued(denver: ReferenceCity) -> None:
    client, data = signed_in(make_user()), {"kind": "city", "country": "US", "city": "us-1"}
    client.post("/register/", data)
    page = client.post("/register/", data).content.decode()
    assert '<a class="btn" href="/organization/us-city-denver/">Continue with it</a>' in page
    assert ("claim/" in page, "An organization that is not listed by name" in page) == (False, False)


def test_while_typing_only_the_list_is_sent(denver: ReferenceCity) -> None:
    client = signed_in(make_user())
    answer = client.get("/register/?kind=city&country=US&q=denv", headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert 'value="us-1"' in answer.content.decode()


def test_a_city_of_the_other_country_is_not_taken(denver: ReferenceCity) -> None:
    client = signed_in(make_user())
    answer = client.post("/register/", {"kind": "city", "country": "CN", "city": "us-1"})
    assert answer.status_code == 400
    assert Organization.objects.count() == 0


@pytest.mark.parametrize(("language", "words"), [(ENGLISH, "Null characters"), (CHINESE, "空字符")])
def test_a_city_that_is_no_text_is_refused(language: str, words: str) -> None:
    data = {"kind": "city", "country": "US", "city": "\0", "name_en": "Denver"}
    answer = signed_in(make_user(), language).post("/register/", data)
    assert (answer.status_code, words in answer.content.decode()) == (400, True)
    assert Organization.objects.count() == 0


@pytest.mark.parametrize(
    ("name", "english", "chinese"),
    [
        (
            "Acme\r\nBcc: x@evil.example",
            "A name cannot contain line breaks or tabs.",
            "名称不能含换行符或制表符。",
        ),
        ("Verify now: http://evil.example", "Names cannot contain links or email addresses.", ""),
        ("x" * 300, "Name in English is too long (300; limit 200).", ""),
    ],
)
def test_a_bad_name_is_refused_and_kept_in_the_form(name: str, english: str, chinese: str) -> None:
    client = signed_in(make_user())
    answer = client.post("/register/", {"kind": "firm", "country": "US", "name_en": name})
    assert answer.status_code == 400
    assert english in answer.content.decode()
    assert Organization.objects.count() == 0


@pytest.mark.parametrize("data", [{}, {"kind": "planet", "country": "US"}, {"kind": "city", "country": "FR"}])
def test_without_kind_and_country_nothing_begins(data: dict[str, str]) -> None:
    answer = signed_in(make_user()).post("/register/", data)
    assert answer.status_code == 400
    assert Organization.objects.count() == 0


# --- The steps ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", [ENGLISH, CHINESE])
def test_every_step_opens(name: str, kind: Kind, language: str) -> None:
    person = make_user()
    organization = draft_of(person, kind, Country.CN if language == CHINESE else Country.US)
    make_topic()
    assert 'aria-current="step"' in text_of(signed_in(person, language), step(organization, name))


@pytest.mark.parametrize("name", STEPS)
def test_steps_are_for_owners_and_editors_alone(name: str) -> None:
    organization = draft_of(make_user())
    viewer = make_user()
    make_team_member(organization, viewer, TeamRole.VIEWER)
    assert signed_in(viewer).get(step(organization, name)).status_code == 403
    stranger = signed_in(make_user())
    foreign, missing = (
        stranger.get(path) for path in (step(organization, name), "/organization/no-such/profile/place/")
    )
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert foreign.content == missing.content


def test_a_step_that_is_none_is_not_found() -> None:
    person = make_user()
    assert signed_in(person).get(step(draft_of(person), "nothing")).status_code == 404


def test_the_first_step_saves_the_person_and_the_profile() -> None:
    person = make_user(name="")
    organization = draft_of(person)
    answer = signed_in(person).post(
        step(organization, "organization"),
        {
            "you-name": "Ada Example",
            "name_en": "Denver",
            "name_zh": "丹佛",
            "aliases": "Mile High City； Queen City",
            "summary_en": "We plan.\r\nAnd build.",
            "website": "https://denver.example",
        },
    )
    assert answer.headers["Location"] == step(organization, "place")
    stored = Organization.objects.get()
    assert (stored.name_en, stored.aliases, stored.summary_en, stored.website) == (
        "Denver",
        ["Mile High City", "Queen City"],
        "We plan.\r\nAnd build.",
        "https://denver.example",
    )
    assert User.objects.get(pk=person.pk).name == "Ada Example"


BAD_PROFILES = [
    ({"name_en": "", "name_zh": ""}, "Give a name in English or in Chinese."),
    ({"name_en": "Ac\u200bme"}, "Text contains invisible or direction-changing characters (U+200B)."),
    ({"name_en": "A", "website": "javascript:alert(1)"}, "Website must start with http:// or https://."),
    (
        {"name_en": "A", "summary_en": "x" * 1_048_576},
        "Summary in English is too long (1,048,576; limit 2,000).",
    ),
    ({"name_en": "A", "summary_en": "a\x00b"}, "Text contains a character that is not allowed (U+0000)."),
    (
        {"name_en": "A", "subtype": "moon_base"},
        "Select a valid choice. moon_base is not one of the available choices.",
    ),
    (
        {"name_en": "A", "aliases": ";".join(map(str, range(1_021)))},
        "The list is too long (1,021 items; limit 20).",
    ),
    ({"name_en": "A", "you-name": "http://evil.example"}, "Names cannot contain links or email addresses."),
]


@pytest.mark.parametrize(("data", "words"), BAD_PROFILES)
def test_a_bad_profile_is_refused_whole(data: dict[str, str], words: str) -> None:
    person = make_user(name="")
    organization = draft_of(person)
    before = Organization.objects.values().get()
    answer = signed_in(person).post(
        step(organization, "organization"), {"you-name": "Ada", "name_zh": "", **data}
    )
    assert answer.status_code == 400
    assert words in answer.content.decode().replace("&#x27;", "'")
    assert Organization.objects.values().get() == before
    assert User.objects.get(pk=person.pk).name == ""


def test_numbers_out_of_bounds_are_refused_at_their_field() -> None:
    person = make_user()
    organization = draft_of(person)
    for language, words in ((ENGLISH, "less than or equal to 90."), (CHINESE, "小于或等于90")):
        answer = signed_in(person, language).post(
            step(organization, "place"), {"latitude": "200", "longitude": "-10"}
        )
        page = answer.content.decode()
        assert (answer.status_code, dangling(page), "place_on_earth" in page) == (400, [], False)
        assert re.search(f'<div id="id_latitude_error"><p class="error">[^<]*{words}', page)


def test_a_script_is_text() -> None:
    person = make_user()
    organization = draft_of(person)
    client = signed_in(person)
    text = "<script>alert(1)</script> {{ 7*7 }} {% include 'x' %}"
    client.post(step(organization, "organization"), {"name_en": "A", "summary_en": text})
    assert Organization.objects.get().summary_en == text
    page = text_of(client, step(organization, "check"))
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {{ 7*7 }} {% include &#x27;x&#x27; %}" in page


def test_a_firm_of_one_country_with_the_number_of_the_other() -> None:
    person = make_user()
    firm = draft_of(person, Kind.FIRM)
    data = {
        "name_en": "Acme",
        "details-founded_year": "3024",
        "details-credit_code": "91110000600037341L",
        "references-TOTAL_FORMS": "0",
        "references-INITIAL_FORMS": "0",
    }
    for language, words in (
        (
            ENGLISH,
            ("United States", "unified social credit code is Chinese", "3024 cannot be the founding year"),
        ),
        (CHINESE, ("统一社会信用代码", "3024")),
    ):
        answer = signed_in(person, language).post(step(firm, "organization"), data)
        assert answer.status_code == 400
        for told in words:
            assert told in answer.content.decode()
    assert FirmDetails.objects.count() == 0
    assert Organization.objects.get().name_en != "Acme"


def test_a_tampered_formset_is_refused() -> None:
    person = make_user()
    firm = draft_of(person, Kind.FIRM)
    answer = signed_in(person).post(
        step(firm, "organization"), {"name_en": "Acme", "references-TOTAL_FORMS": "x"}
    )
    assert answer.status_code == 400


# --- Needs and offers --------------------------------------------------------------------------


@pytest.fixture
def topics() -> list[Any]:
    return [make_topic(slug, area="clean-water") for slug in ("sponge-city", "water-reuse", "flood-control")]


def test_choices_are_saved_when_one_goes_on(topics: list[Any]) -> None:
    person = make_user()
    organization = draft_of(person)
    answer = signed_in(person).post(
        step(organization, "topics"),
        {"need-sponge-city": "3", "offer-water-reuse": "1", "need-flood-control": "0"},
    )
    assert answer.headers["Location"] == step(organization, "preferences")
    assert list(Need.objects.values_list("topic__slug", "priority")) == [("sponge-city", 3)]
    assert list(Offer.objects.values_list("topic__slug", "maturity")) == [("water-reuse", 1)]


def test_a_choice_is_saved_at_once_and_shown_beside(topics: list[Any]) -> None:
    person = make_user()
    organization = draft_of(person)
    answer = signed_in(person).post(
        step(organization, "topics"), {"need-sponge-city": "2"}, headers={"HX-Request": "true"}
    )
    page = answer.content.decode()
    assert page.startswith('<aside class="stack-l" id="picked"')
    assert f"/organization/{organization.code}/need/sponge-city/" in page
    assert Need.objects.count() == 1


def test_a_search_keeps_what_was_chosen_out_of_sight(topics: list[Any]) -> None:
    make_topic("bus-rapid-transit", area="transportation")
    person = make_user()
    organization = draft_of(person)
    client = signed_in(person)
    page = client.post(
        step(organization, "topics"), {"need-bus-rapid-transit": "2", "q": "sponge", "find": "1"}
    ).content.decode()
    assert '<input type="hidden" name="need-bus-rapid-transit" value="2">' in page
    assert page.count('<li class="topic" hidden>') == 2
    assert Need.objects.count() == 1


def test_a_level_that_is_none_is_refused_and_nothing_changes(topics: list[Any]) -> None:
    person = make_user()
    organization = draft_of(person)
    for language, words in (
        (ENGLISH, "Level '9' of topic 'sponge-city' is not 1, 2 or 3."),
        (CHINESE, "sponge-city"),
    ):
        answer = signed_in(person, language).post(
            step(organization, "topics"), {"need-sponge-city": "9", "need-water-reuse": "1"}
        )
        assert answer.status_code == 400
        assert words in answer.content.decode().replace("&#x27;", "'")
    assert Need.objects.count() == 0


def test_a_statement_is_rated_while_written_and_kept_when_saved(topics: list[Any]) -> None:
    person = make_user()
    organization = draft_of(person)
    client = signed_in(person)
    client.post(step(organization, "topics"), {"need-sponge-city": "2"})
    path = f"/organization/{organization.code}/need/sponge-city/"
    text = "About 40,000 residents of the east bank; by the end of 2029."
    rated = client.post(path, {"statement": text}, headers={"HX-Request": "true"}).content.decode()
    assert rated.startswith('<div class="coach__read stack" id="coach"')
    assert Need.objects.get().statement == ""
    assert client.post(path, {"statement": text}).headers["Location"] == step(organization, "topics")
    assert Need.objects.get().statement == text
    refused = client.post(path, {"statement": "x" * 601})
    assert refused.status_code == 400
    assert "601" in refused.content.decode()
    assert Need.objects.get().statement == text


def test_a_statement_of_others_is_not_found(topics: list[Any]) -> None:
    organization = make_organization(needs={"sponge-city": 1})
    stranger = signed_in(make_user())
    foreign, missing = (
        stranger.get(f"/organization/{code}/need/sponge-city/") for code in (organization.code, "no-such")
    )
    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert foreign.content == missing.content


def test_an_organization_chooses_to_be_anonymous_at_first() -> None:
    person = make_user()
    organization = draft_of(person, kind=Kind.FIRM)
    client = signed_in(person)
    page = step(organization, "preferences")
    assert re.findall(r'name="others-shows_name" value="(\w+)"[^>]*?( checked)?>', text_of(client, page)) == [
        ("yes", " checked"),
        ("no", ""),
    ]
    stated = {"languages": "en", "capacity": "3"}
    assert client.post(page, {**stated, "others-shows_name": "no"}).status_code == 302
    organization.refresh_from_db()
    assert not organization.shows_name
    event = RegisterEvent.objects.order_by("-pk")[0]
    assert (event.kind, event.data) == ("updated", {"fields": ["shows_name"]})
    assert "Firm in the United States" in text_of(client, f"/organization/{organization.code}/")
    # What is not answered stays as it is, and what is no answer changes nothing.
    client.post(page, stated)
    assert client.post(page, {**stated, "others-shows_name": "perhaps"}).status_code == 400
    organization.refresh_from_db()
    assert not organization.shows_name


# --- Consents, handing in ----------------------------------------------------------------------


def test_consents_are_asked_apart_and_none_is_given_by_silence() -> None:
    person = make_user()
    organization = draft_of(person, country=Country.CN)
    client = signed_in(person)
    page = text_of(client, step(organization, "consents"))
    assert re.findall(r'type="checkbox" name="(\w+)"( checked)?', page) == [
        ("account", ""),
        ("digest", ""),
        ("introduction", ""),
        ("cross_border", ""),
    ]
    refused = client.post(step(organization, "consents"), {"digest": "on"})
    assert refused.status_code == 400
    # What was ticked stays so.
    assert re.findall(r'type="checkbox" name="(\w+)" checked', refused.content.decode()) == ["digest"]
    assert Consent.objects.count() == 0
    client.post(step(organization, "consents"), {"account": "on", "cross_border": "on"})
    given = Consent.objects.order_by("purpose").values_list(
        "purpose", "granted", "text_version", "language", "channel"
    )
    assert list(given) == [
        ("account", True, "terms-2", "en", "registration"),
        ("cross_border", True, "cross-border-2", "en", "registration"),
    ]
    # Unticked again, it is taken back; the terms stand.
    client.post(step(organization, "consents"), {})
    newest = {row.purpose: row.granted for row in Consent.objects.order_by("pk")}
    assert newest == {ConsentPurpose.ACCOUNT: True, ConsentPurpose.CROSS_BORDER: False}


def test_the_last_step_names_what_is_missing_and_leads_there() -> None:
    person = make_user()
    organization = draft_of(person)
    client = signed_in(person)
    page = text_of(client, step(organization, "check"))
    assert f'href="{step(organization, "place")}"' in page
    assert "Submit for review" not in page
    answer = client.post(step(organization, "check"))
    assert answer.status_code == 400
    assert Organization.objects.get().state == "draft"


def test_a_draft_is_deleted_by_its_owner() -> None:
    person = make_user()
    organization = draft_of(person)
    client = signed_in(person)
    for door in ("discard", "confirm", "withdraw"):
        look = client.get(f"/organization/{organization.code}/{door}/")
        assert look.headers["Location"] == f"/organization/{organization.code}/"
    answer = client.post(f"/organization/{organization.code}/discard/")
    assert answer.headers["Location"] == "/register/"
    assert Organization.objects.count() == 0


def test_an_approved_organization_confirms_that_all_still_holds() -> None:
    organization = make_organization()
    client = signed_in(make_team_member(organization).user)
    client.post(f"/organization/{organization.code}/confirm/")
    assert Organization.objects.get().profile_confirmed_at is not None
    assert OutboxEmail.objects.filter(kind=EmailKind.REVIEW).count() == 0


@pytest.mark.parametrize(
    ("role", "status", "state"),
    [
        (TeamRole.OWNER, 302, "withdrawn"),
        (TeamRole.EDITOR, 403, "approved"),
        (TeamRole.VIEWER, 403, "approved"),
    ],
)
def test_an_owner_withdraws_the_organization(role: TeamRole, status: int, state: str) -> None:
    organization = make_organization()
    client = signed_in(make_team_member(organization, role=role).user)
    offered = f"/organization/{organization.code}/withdraw/" in text_of(client, "/organization/")
    assert offered is (role == TeamRole.OWNER)
    assert client.post(f"/organization/{organization.code}/withdraw/").status_code == status
    assert Organization.objects.get().state == state
