"""Tokens: useless to whoever reads the database, ended at once, made and revoked on the portal's page."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alliances.enums import TeamRole
from alliances.models import Organization, TeamMember, User
from matchmaking.enums import TokenScope
from matchmaking.models import ApiToken, CurationEvent
from matchmaking.services.tokens import (
    MOST_TOKENS,
    staff_token_issue,
    token_accept,
    token_issue,
    token_revoke,
    token_rotate,
)
from tests.factories import make_organization, make_team_member, make_user
from tests.matchmaking.api.test_writing import at_once
from tests.matchmaking.portal.pages import dangling
from tests.sizes import TEST_SIZE

pytestmark = pytest.mark.django_db

PAGE = "/organization/tokens/"
PREFIX = len("mm_0123456789ab_")
ISSUED = {"small": 50, "ci": 200, "full": 1000}[TEST_SIZE]


@pytest.fixture
def owner() -> TeamMember:
    return make_team_member(make_organization(name_en="Springfield", name_zh="春田"))


def issue(member: TeamMember, scope: TokenScope = TokenScope.WRITE) -> str:
    return token_issue(member.organization, name="CRM", scope=scope, days=30, by=member.user).words


def dumped() -> str:
    """Every row of every table of this schema, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()")
        tables = [name for (name,) in cursor.fetchall()]
        text = []
        for table in tables:
            cursor.execute(f"SELECT t::text FROM {table} t")
            text += [row for (row,) in cursor.fetchall()]
    return "\n".join(text)


def test_issued_tokens_are_not_in_a_dump(owner: TeamMember) -> None:
    words: list[str] = []
    while len(words) < ISSUED:
        # As many as one person may have.
        member = make_team_member(owner.organization)
        words += [issue(member) for _number in range(min(MOST_TOKENS, ISSUED - len(words)))]
    dump = dumped()
    assert dump.count("CRM") == ISSUED
    assert [one for one in words if one in dump or one[PREFIX:] in dump] == []
    assert len({one[PREFIX:] for one in words}) == ISSUED


def test_token_is_256_random_bits_and_its_hash_hangs_on_the_key(owner: TeamMember, settings: object) -> None:
    words = issue(owner)
    assert len(words) == PREFIX + 43
    settings.TOKEN_KEYS = ["another key", *settings.TOKEN_KEYS]  # type: ignore[attr-defined]
    assert token_accept(words) is not None, "a key that was rotated still counts"
    settings.TOKEN_KEYS = ["another key"]  # type: ignore[attr-defined]
    assert token_accept(words) is None


def test_any_other_secret_is_refused(owner: TeamMember) -> None:
    words = issue(owner)
    other = words[:-1] + ("A" if words[-1] != "A" else "B")
    assert [token_accept(one) is not None for one in (words, other, words + "A", words[3:], "")] == [
        True,
        False,
        False,
        False,
        False,
    ]


@pytest.mark.parametrize(
    ("scope", "role", "may_write"),
    [
        (TokenScope.WRITE, TeamRole.OWNER, True),
        (TokenScope.WRITE, TeamRole.EDITOR, True),
        (TokenScope.WRITE, TeamRole.VIEWER, False),
        (TokenScope.READ, TeamRole.OWNER, False),
    ],
)
def test_role_of_today_and_scope_decide_on_writing(
    owner: TeamMember, scope: TokenScope, role: TeamRole, may_write: bool
) -> None:
    words = issue(owner, scope)
    TeamMember.objects.filter(pk=owner.pk).update(role=role)
    access = token_accept(words)
    assert access is not None
    assert access.may_write is may_write


def test_last_use_is_kept_to_the_minute_with_one_write(owner: TeamMember) -> None:
    words = issue(owner)
    with CaptureQueriesContext(connection) as queries:
        for _time in range(3):
            token_accept(words)
    used = ApiToken.objects.get().last_used_at
    assert used is not None
    assert (used.second, used.microsecond) == (0, 0)
    assert timezone.now() - used < timedelta(minutes=2)
    assert sum(one["sql"].startswith("UPDATE") for one in queries) == 1
    # Not again in the minute after it, but in the one after that.
    for minutes, kept in ((1, True), (2, False)):
        earlier = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=minutes)
        ApiToken.objects.update(last_used_at=earlier)
        token_accept(words)
        assert (ApiToken.objects.get().last_used_at == earlier) is kept


def test_only_owners_and_editors_issue_and_for_a_year_at_most(owner: TeamMember) -> None:
    organization = owner.organization
    strangers = [make_team_member(organization, role=TeamRole.VIEWER).user, make_user(is_staff=True)]
    for person in strangers:
        with pytest.raises(PermissionDenied):
            token_issue(organization, name="CRM", scope=TokenScope.READ, days=30, by=person)
    for days in (0, 366):
        with pytest.raises(ValidationError, match="from 1 to 365 days"):
            token_issue(organization, name="CRM", scope=TokenScope.READ, days=days, by=owner.user)
    with pytest.raises(ValidationError, match="Names cannot contain links"):
        token_issue(organization, name="http://x", scope=TokenScope.READ, days=30, by=owner.user)
    assert ApiToken.objects.count() == 0
    issue(owner)
    with pytest.raises(IntegrityError, match="ends_within_a_year"), transaction.atomic():
        ApiToken.objects.update(expires_at=timezone.now() + timedelta(days=367))


def test_revoked_by_its_maker_or_an_owner_and_recorded_once(owner: TeamMember) -> None:
    editor = make_team_member(owner.organization, role=TeamRole.EDITOR)
    words = issue(editor)
    token = ApiToken.objects.get()
    others = [
        make_team_member(owner.organization, role=TeamRole.EDITOR).user,
        make_team_member(make_organization()).user,
    ]
    for person in others:
        with pytest.raises(PermissionDenied):
            token_revoke(token, by=person)
    assert token_accept(words) is not None
    token_revoke(token, by=owner.user)
    token_revoke(token, by=editor.user)
    assert token_accept(words) is None
    events = CurationEvent.objects.filter(subject="token", subject_id=token.pk).order_by("pk")
    assert [(event.kind, event.actor_id) for event in events] == [
        ("issued", editor.user_id),
        ("revoked", owner.user_id),
    ]


# --- How many ---


def test_nobody_has_more_than_twenty_in_use_wherever_they_are_made(owner: TeamMember) -> None:
    elsewhere = make_team_member(make_organization(), owner.user)
    User.objects.filter(pk=owner.user_id).update(is_staff=True, is_superuser=True)
    by = User.objects.get(pk=owner.user_id)
    for _number in range(MOST_TOKENS - 2):
        issue(owner)
    issue(elsewhere)
    staff_issue(by)
    first = ApiToken.objects.earliest("pk")
    for act in (
        lambda: issue(owner),
        lambda: issue(elsewhere),
        lambda: staff_issue(by),
        lambda: token_rotate(first, by=by),
    ):
        with pytest.raises(ValidationError, match="You have 20 API tokens in use"):
            act()
    assert ApiToken.objects.count() == MOST_TOKENS
    # Others have their own, and what is revoked or has ended counts no more.
    issue(make_team_member(owner.organization))
    token_revoke(first, by=by)
    issue(owner)
    now = timezone.now()
    rows = ApiToken.objects.live().filter(user=by)
    rows.filter(pk=rows.earliest("pk").pk).update(expires_at=now - timedelta(seconds=1))
    token_rotate(ApiToken.objects.filter(user=by).latest("pk"), by=by)


def test_one_too_many_is_told_on_the_page_and_at_the_desk(owner: TeamMember) -> None:
    User.objects.filter(pk=owner.user_id).update(is_staff=True, is_superuser=True)
    for _number in range(MOST_TOKENS):
        issue(owner)
    words = {
        "en": "You have 20 API tokens in use, as many as one person may have. Revoke one first.",
        "zh-hans": "您已有 20 个使用中的API令牌，达到每人上限。请先撤销一个。",
    }
    for language, sentence in words.items():
        client = browser(User.objects.get(pk=owner.user_id), language)
        for page, stated in (
            (PAGE, form(owner.organization)),
            (DESK + "mine/", {"name": "Reports", "scope": "staff_read", "days": "30"}),
        ):
            answer = client.post(page, stated)
            assert (answer.status_code, sentence in answer.content.decode()) == (400, True)
    assert ApiToken.objects.count() == MOST_TOKENS


@pytest.mark.django_db(transaction=True)
def test_of_two_made_at_once_the_second_counts_the_first(owner: TeamMember) -> None:
    for _number in range(MOST_TOKENS - 1):
        issue(owner)

    def one() -> bool:
        try:
            issue(owner)
        except ValidationError:
            return False
        return True

    assert sorted(at_once(4, one)) == [False, False, False, True]


# --- Replacing -----------------------------------------------------------------------------------


def test_a_replaced_token_lasts_another_day_and_the_new_one_as_long_as_the_old_was_made_for(
    owner: TeamMember,
) -> None:
    words = issue(owner)
    old = ApiToken.objects.get()
    now = timezone.now()
    ApiToken.objects.update(created_at=now - timedelta(days=20), expires_at=now + timedelta(days=10))
    issued = token_rotate(old, by=owner.user)
    old.refresh_from_db()
    new = issued.token
    assert (new.name, new.scope, new.organization, new.user) == (
        old.name,
        old.scope,
        old.organization,
        owner.user,
    )
    assert old.replaced_by == new
    day, month = timezone.now() + timedelta(days=1), timezone.now() + timedelta(days=30)
    assert abs(old.expires_at - day) < timedelta(minutes=1)
    assert abs(new.expires_at - month) < timedelta(minutes=1)
    assert [token_accept(one) is not None for one in (words, issued.words)] == [True, True]
    events = CurationEvent.objects.filter(subject="token").order_by("pk")
    assert [(one.kind, one.subject_id) for one in events] == [
        ("issued", old.pk),
        ("issued", new.pk),
        ("replaced", old.pk),
    ]


def test_a_token_that_is_near_its_end_ends_no_later_for_being_replaced(owner: TeamMember) -> None:
    issue(owner)
    now = timezone.now()
    ApiToken.objects.update(created_at=now - timedelta(days=30), expires_at=now + timedelta(hours=1))
    before = ApiToken.objects.get()
    token_rotate(before, by=owner.user)
    assert ApiToken.objects.get(pk=before.pk).expires_at == before.expires_at


def test_who_may_not_make_it_does_not_replace_it(owner: TeamMember) -> None:
    editor = make_team_member(owner.organization, role=TeamRole.EDITOR)
    issue(editor)
    token = ApiToken.objects.get()
    administrator = make_user(is_staff=True, is_superuser=True)
    for person in (owner.user, administrator):
        with pytest.raises(PermissionDenied):  # they would hold a key that acts as the editor
            token_rotate(token, by=person)
    TeamMember.objects.filter(pk=editor.pk).update(role=TeamRole.VIEWER)
    with pytest.raises(PermissionDenied):
        token_rotate(token, by=editor.user)
    assert ApiToken.objects.get().replaced_by is None


def test_what_has_ended_or_was_replaced_is_not_replaced(owner: TeamMember) -> None:
    issue(owner)
    token = ApiToken.objects.get()
    token_rotate(token, by=owner.user)
    with pytest.raises(ValidationError, match="has ended or was replaced before"):
        token_rotate(token, by=owner.user)
    newest = ApiToken.objects.latest("pk")
    token_revoke(newest, by=owner.user)
    with pytest.raises(ValidationError, match="has ended or was replaced before"):
        token_rotate(newest, by=owner.user)
    assert ApiToken.objects.count() == 2


def test_a_token_is_replaced_once(owner: TeamMember) -> None:
    issue(owner)
    issue(owner)
    new = token_rotate(ApiToken.objects.latest("pk"), by=owner.user).token
    with pytest.raises(IntegrityError, match="replaced_by"), transaction.atomic():
        ApiToken.objects.filter(replaced_by=None).exclude(pk=new.pk).update(replaced_by=new)


# --- Of the staff --------------------------------------------------------------------------------


@pytest.fixture
def administrator() -> User:
    return make_user("admin@test.example", is_staff=True, is_superuser=True)


def staff_issue(person: User, scope: TokenScope = TokenScope.STAFF_READ) -> str:
    return staff_token_issue(name="Reports", scope=scope, days=30, by=person).words


def test_a_staff_token_opens_as_long_as_its_person_is_of_the_staff(administrator: User) -> None:
    words = {
        scope: staff_issue(administrator, scope) for scope in (TokenScope.STAFF_READ, TokenScope.STAFF_WRITE)
    }
    found = {scope: token_accept(one) for scope, one in words.items()}
    assert [(one.is_of_staff, one.may_write) for one in found.values() if one] == [
        (True, False),
        (True, True),
    ]
    User.objects.filter(pk=administrator.pk).update(is_staff=False)
    assert [token_accept(one) for one in words.values()] == [None, None]


def test_a_staff_token_opens_as_long_as_its_person_may_make_such_tokens() -> None:
    person = make_user(is_staff=True)
    role = Group.objects.create(name="Programs")
    role.permissions.set(Permission.objects.filter(codename="add_apitoken"))
    person.groups.add(role)
    words = [staff_issue(person, scope) for scope in (TokenScope.STAFF_READ, TokenScope.STAFF_WRITE)]
    assert [token_accept(one) is not None for one in words] == [True, True]
    person.groups.clear()
    assert [token_accept(one) for one in words] == [None, None]


def test_a_scope_is_given_where_it_belongs(owner: TeamMember, administrator: User) -> None:
    make_team_member(owner.organization, administrator)
    with pytest.raises(ValidationError, match="cannot be given here"):
        issue(TeamMember.objects.get(user=administrator), TokenScope.STAFF_READ)
    with pytest.raises(ValidationError, match="cannot be given here"):
        staff_issue(administrator, TokenScope.WRITE)
    with pytest.raises(PermissionDenied):
        staff_issue(owner.user)
    with pytest.raises(PermissionDenied):
        staff_issue(make_user(is_staff=True))
    assert ApiToken.objects.count() == 0
    issue(owner)
    for columns in ({"scope": "staff_read"}, {"organization": None}):
        with pytest.raises(IntegrityError, match="team_or_staff"), transaction.atomic():
            ApiToken.objects.update(**columns)
    with pytest.raises(IntegrityError, match="scope_known"), transaction.atomic():
        ApiToken.objects.update(scope="all", organization=None)


def test_a_staff_token_is_its_persons_and_nobody_elses_to_replace(administrator: User) -> None:
    words = staff_issue(administrator)
    token = ApiToken.objects.get()
    with pytest.raises(PermissionDenied):
        token_rotate(token, by=make_user(is_staff=True, is_superuser=True))
    assert token_accept(token_rotate(token, by=administrator).words) is not None
    token_revoke(token, by=make_user(is_staff=True, is_superuser=True))
    assert token_accept(words) is None


DESK = "/admin/matchmaking/apitoken/"


def test_the_desk_makes_replaces_and_shows_a_staff_token_once(administrator: User) -> None:
    client = browser(administrator)
    made = client.post(DESK + "mine/", {"name": "Reports", "scope": "staff_write", "days": "30"})
    first = made.content.decode().split('value="mm_')[1].split('"')[0]
    assert (made.status_code, token_accept(f"mm_{first}") is not None) == (200, True)
    key_id = ApiToken.objects.get().key_id
    other = browser(make_user(is_staff=True, is_superuser=True))
    for asks, named in ((other, key_id), (client, "\x00")):
        assert asks.post(DESK + "mine/", {"replace": named}).status_code == 404
    second = client.post(DESK + "mine/", {"replace": key_id}).content.decode().split('value="mm_')[1]
    assert token_accept("mm_" + second.split('"')[0]) is not None
    again = client.post(DESK + "mine/", {"replace": key_id})
    assert (again.status_code, "was replaced before" in again.content.decode()) == (400, True)
    page = client.get(DESK + "mine/").content.decode()
    assert (first in page, second.split('"')[0] in page, page.count('name="replace"')) == (False, False, 1)
    for wrong in ({"scope": "write"}, {"name": ""}, {"days": "31"}):
        stated = {"name": "Reports", "scope": "staff_read", "days": "30", **wrong}
        assert client.post(DESK + "mine/", stated).status_code == 400
    assert ApiToken.objects.count() == 2
    page = browser(administrator, "zh-hans").get(DESK + "mine/").content.decode()
    assert "工作人员：读写" in page


def test_the_desk_lists_and_revokes_every_token(owner: TeamMember, administrator: User) -> None:
    words = issue(owner)
    staff_issue(administrator)
    client = browser(administrator)
    page = client.get(DESK).content.decode()
    assert [word in page for word in ("CRM", "Reports", "Springfield")] == [True] * 3
    token = ApiToken.objects.get(name="CRM")
    detail = client.get(f"{DESK}{token.pk}/change/").content.decode()
    assert (token.key_id in detail, token.key_hash in detail) == (True, False)
    client.post(DESK, {"action": "revoke", "_selected_action": [token.pk]})
    assert token_accept(words) is None


def test_the_list_of_the_desk_costs_the_same_for_one_and_for_thirty(
    owner: TeamMember, administrator: User
) -> None:
    client = browser(administrator)

    def queries() -> int:
        with CaptureQueriesContext(connection) as found:
            assert client.get(DESK).status_code == 200
        return len(found)

    issue(owner)
    queries()
    with_one = queries()
    for _number in range(29):
        issue(make_team_member(make_organization()))
    assert queries() == with_one


# --- The page ------------------------------------------------------------------------------------


def browser(user: User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def form(organization: Organization, **more: object) -> dict[str, object]:
    return {"organization": organization.code, "name": "CRM", "scope": "read", "days": "90", **more}


def test_new_token_is_shown_once_and_works(owner: TeamMember) -> None:
    client = browser(owner.user)
    made = client.post(PAGE, form(owner.organization))
    words = made.content.decode().split('value="mm_')[1].split('"')[0]
    access = token_accept(f"mm_{words}")
    assert made.status_code == 200
    assert access is not None
    assert (access.token.name, access.may_write) == ("CRM", False)
    assert made.headers["Cache-Control"] == "no-store"
    again = client.get(PAGE).content.decode()
    assert (words in again, access.token.key_id in again) == (False, True)


def test_page_lists_own_tokens_and_to_owners_all(owner: TeamMember) -> None:
    editor = make_team_member(owner.organization, role=TeamRole.EDITOR)
    issue(owner)
    issue(editor)
    issue(make_team_member(make_organization()))
    assert [browser(one.user).get(PAGE).content.count(b'name="revoke"') for one in (owner, editor)] == [2, 1]


def test_replacing_on_the_page(owner: TeamMember) -> None:
    words = issue(owner)
    token = ApiToken.objects.get()
    client = browser(owner.user)
    stranger = browser(make_team_member(make_organization()).user)
    colleague = browser(make_team_member(owner.organization).user)
    assert [one.post(PAGE, {"replace": token.key_id}).status_code for one in (stranger, colleague)] == [
        404,
        403,
    ]
    made = client.post(PAGE, {"replace": token.key_id})
    new = "mm_" + made.content.decode().split('value="mm_')[1].split('"')[0]
    assert (made.status_code, [token_accept(one) is not None for one in (words, new)]) == (200, [True, True])
    again = client.post(PAGE, {"replace": token.key_id})
    assert (again.status_code, "was replaced before" in again.content.decode()) == (400, True)
    assert client.get(PAGE).content.decode().count('name="replace"') == 1
    assert colleague.get(PAGE).content.decode().count('name="replace"') == 0


def test_revoking_on_the_page(owner: TeamMember) -> None:
    words = issue(owner)
    key_id = ApiToken.objects.get().key_id
    stranger = browser(make_team_member(make_organization()).user)
    for unknown in (key_id, "0" * 12, "\x00"):
        assert stranger.post(PAGE, {"revoke": unknown}).status_code == 404
    assert token_accept(words) is not None
    response = browser(owner.user, "zh-hans").post(PAGE, {"revoke": key_id}, follow=True)
    assert response.redirect_chain == [(PAGE, 302)]
    assert token_accept(words) is None


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 61}, "Ensure this value has at most 60 characters (it has 61)."),
        ({"name": "a\u202eb"}, "Text contains invisible or direction-changing characters (U+202E)."),
        ({"days": "366"}, "Select a valid choice. 366 is not one of the available choices."),
        ({"scope": "all"}, "Select a valid choice. all is not one of the available choices."),
        ({"scope": "staff_read"}, "Select a valid choice. staff_read is not one of the available choices."),
    ],
)
def test_wrong_form_says_what_is_wrong_and_makes_nothing(
    owner: TeamMember, wrong: dict[str, object], sentence: str
) -> None:
    response = browser(owner.user).post(PAGE, form(owner.organization, **wrong))
    assert response.status_code == 400
    page = response.content.decode()
    assert (sentence in page, dangling(page)) == (True, [])
    assert ApiToken.objects.count() == 0


def test_viewers_and_strangers_make_none(owner: TeamMember) -> None:
    viewer = make_team_member(owner.organization, role=TeamRole.VIEWER)
    page = browser(viewer.user).get(PAGE).content.decode()
    assert ("As a viewer you can read along." in page, 'name="days"' in page) == (True, False)
    for person in (viewer.user, make_team_member(make_organization()).user):
        assert browser(person).post(PAGE, form(owner.organization)).status_code == 400
    assert ApiToken.objects.count() == 0
    assert Client().get(PAGE).status_code == 302
