"""Erasing a person leaves nothing of them (P29): twelve marks, looked for in every row of every table."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.db.models import CASCADE, SET_NULL, EmailField
from django.test import Client
from django.utils import timezone

from alliances.enums import ConsentPurpose, OrganizationState, TeamRole
from alliances.models import (
    AllianceAddress,
    Need,
    Organization,
    RegisterEvent,
    TeamInvitation,
    TeamMember,
    User,
)
from alliances.selectors import owned_alone
from alliances.services import erasure as register_erasure
from alliances.services import review
from alliances.services.erasure import Words, forget, words_for
from alliances.services.history import record_history
from alliances.services.invitations import team_invite
from alliances.services.people import account_open
from matchmaking.enums import Answer, EmailKind, EmailState, MailClass
from matchmaking.models import (
    CurationEvent,
    CurationNote,
    Exclusion,
    OutboxEmail,
    PairNote,
    Pin,
    Response,
    SavedPair,
    ScoringPolicy,
    Sponsorship,
    Suppression,
)
from matchmaking.services.account_mail import account_mail_queue
from matchmaking.services.consents import consent_set
from matchmaking.services.erasure import person_erase, unused_accounts_drop
from matchmaking.services.outbox import deliver_due
from matchmaking.services.policies import active_policy
from matchmaking.services.shortlist import note_write, pair_save
from matchmaking.services.sponsoring import sponsor
from matchmaking.services.subscriptions import unsubscribe_token
from matchmaking.services.suppressions import address_hash, is_suppressed
from tests.factories import make_consent, make_organization, make_team_member, make_user
from tests.matchmaking.accounts.conftest import (
    ask_for_code,
    code_in,
    enter_code,
    give_second_factor,
    newest_mail,
)
from tests.matchmaking.accounts.lives import ADDRESS, AGENT, IP, MARKS, SECOND, live
from tests.matchmaking.accounts.test_data import download
from tests.matchmaking.alliance.scenes import make_alliance
from tests.matchmaking.introductions.scenes import make_couples
from tests.matchmaking.jurisdiction.rules import make_rule
from tests.matchmaking.mail.conftest import server
from tests.matchmaking.mail.mails import make_mail
from tests.matchmaking.privacy.test_canaries import in_the_broker
from tests.smtp_server import SmtpServer

pytestmark = pytest.mark.django_db
__all__ = ["server"]
PAGE = "/accounts/data/"
S = OrganizationState


def rows_of(table: str) -> list[str]:
    with connection.cursor() as cursor:
        # The whole row as text: every column, JSON and arrays included, bytes as hexadecimal.
        cursor.execute(f'SELECT held::text FROM "{table}" AS held')
        return [row[0] for row in cursor.fetchall()]


def everything() -> dict[str, str]:
    """All that the service holds, as text by where it stands."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
        )
        tables = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT value FROM cache_entry")
        counted = [base64.b64decode(row[0]).decode("latin-1") for row in cursor.fetchall()]
    assert len(tables) > 50
    # No file is kept but in these tables.
    assert not settings.MEDIA_ROOT
    return {
        **{table: "\n".join(rows_of(table)) for table in tables},
        "sessions, read": json.dumps([one.get_decoded() for one in Session.objects.all()]),
        "cache, read": "\n".join(counted),
        "broker": in_the_broker(),
    }


def where(mark: str, held: dict[str, str]) -> set[str]:
    forms = {mark.lower(), mark.encode().hex(), mark.replace("'", "&#x27;").lower()}
    return {place for place, text in held.items() if any(form in text.lower() for form in forms)}


def erase(browser: Client, address: str = ADDRESS) -> Any:
    return browser.post(PAGE, {"erase": "", "address": address})


# --- P29 -----------------------------------------------------------------------------------------


def test_twelve_marks_are_found_before_and_none_after(
    server: SmtpServer, caplog: pytest.LogCaptureFixture
) -> None:
    life = live()
    give_second_factor(life.person)
    download(life.browser)
    ask_for_code(Client(), ADDRESS)  # somebody begins to sign in with the address
    before = everything()
    found = {what: where(mark, before) for what, mark in MARKS.items()}
    assert {what for what, places in found.items() if not places} == set()
    # The control of single places: what is easily forgotten does hold them.
    assert found["name"] >= {
        "alliances_user",
        "alliances_organization",
        "alliances_historicalorganization",
        "matchmaking_outboxemail",
    }
    assert found["address"] >= {
        "account_emailaddress",
        "django_admin_log",
        "alliances_organization",
        "sessions, read",
    }
    assert found["draft"] == {"alliances_organization", "alliances_historicalorganization"}
    assert found["statement"] == {"alliances_need", "alliances_historicalneed"}
    assert "alliances_importfile" in found["import file"]

    caplog.clear()
    with caplog.at_level("DEBUG"):
        answer = erase(life.browser)
    assert (answer.status_code, "Your account is erased" in answer.content.decode()) == (200, True)
    after = everything()
    assert {what: places for what, mark in MARKS.items() if (places := where(mark, after))} == {}
    # Every request is logged with its browser and internet address, this one too; nothing else is.
    logged = caplog.text.replace(AGENT, "").replace(IP, "")
    assert {what for what, mark in MARKS.items() if mark in logged} == set()
    # A keyed hash alone remains of the addresses.
    assert set(Suppression.objects.values_list("address_hash", "reason")) == {
        (address_hash(address), "erased") for address in (ADDRESS, SECOND)
    }


def test_others_keep_what_is_theirs_and_are_told_what_became_of_it(server: SmtpServer) -> None:
    life = live()
    events = RegisterEvent.objects.count(), CurationEvent.objects.count()
    mails_of_others = OutboxEmail.objects.exclude(user=life.person).count()
    page = f"/introductions/{life.introduction.public_id}/"
    partner = Client()
    partner.force_login(life.partner)
    assert ADDRESS in partner.get(page).content.decode()
    erase(life.browser)

    read = partner.get(page).content.decode()
    assert "Nobody on their side has agreed yet to show contact details." in read
    assert "mark-" not in read.lower()
    assert OutboxEmail.objects.filter(user=None).count() == 0
    assert OutboxEmail.objects.count() == mails_of_others
    mail = OutboxEmail.objects.get(user=life.partner, kind=EmailKind.INTRODUCTION)
    assert "\n…\n" in mail.body_text
    assert [member.user for member in life.organization.team_members.all()] == [life.colleague]
    answers = Response.objects.order_by("answer", "answered_by")  # nobody comes last
    assert list(answers.values_list("answer", "note", "answered_by")) == [
        ("declined", "", None),
        ("interested", "", life.partner.pk),
        ("interested", "", None),
    ]
    # The record grows and keeps its numbers: the contact that was emptied, and the erasure.
    assert RegisterEvent.objects.count() == events[0] + 1
    assert CurationEvent.objects.count() == events[1] + 1
    erased = CurationEvent.objects.get(kind="erased")
    assert (erased.subject, erased.subject_id, erased.actor_id) == ("person", life.person.pk, life.person.pk)
    assert erased.data == {"drafts": [life.draft.pk]}
    assert RegisterEvent.objects.filter(actor_id=life.person.pk).exists()
    life.organization.refresh_from_db()
    assert (life.organization.contact_email, life.organization.state_reason) == ("", "As … said")
    reasons = life.organization.history.values_list("history_change_reason", "history_user")
    assert set(reasons) >= {("… called", life.curator.pk), ("by themselves", None)}
    assert LogEntry.objects.get(object_id=str(life.person.pk)).object_repr == "…"


def test_a_mail_that_waits_is_written_anew_without_the_person(server: SmtpServer) -> None:
    (couple,) = make_couples(1)
    couple.us.say(Answer.INTERESTED)
    couple.cn.say(Answer.INTERESTED)
    address = couple.us.person.email
    assert address in OutboxEmail.objects.get(user=couple.cn.person).body_text
    person_erase(couple.us.person, by=couple.us.person)
    deliver_due()
    (mail,) = server.spool
    assert mail.recipient == couple.cn.person.email
    assert address.encode() not in mail.content
    assert "Nobody on their side has agreed yet" in mail.message.get_body(("plain",)).get_content()  # type: ignore[union-attr]


# --- What goes, one by one -----------------------------------------------------------------------


def test_sessions_end_everywhere_and_nobody_elses(person: User) -> None:
    here, elsewhere, silent, other = Client(), Client(), Client(), Client()
    other.force_login(make_user())
    silent.force_login(person)  # a session that does not hold the address
    for browser in (here, elsewhere):
        ask_for_code(browser, person.email)
        enter_code(browser, code_in(newest_mail()))
    assert erase(here, person.email).status_code == 200
    for browser in (here, elsewhere, silent):
        assert browser.get("/accounts/")["location"].startswith("/accounts/login/")
    assert [one.get_decoded()["_auth_user_id"] for one in Session.objects.all()] == [
        other.session["_auth_user_id"]
    ]
    assert other.get("/accounts/").status_code == 200
    assert "_auth_user_id" not in here.session


def test_a_code_asked_for_before_signs_nobody_in_after(person: User) -> None:
    stranger = Client()
    ask_for_code(stranger, person.email)
    code = code_in(newest_mail())
    person_erase(person, by=person)
    assert enter_code(stranger, code).status_code == 302
    assert stranger.get("/accounts/").status_code == 302


def test_what_was_counted_by_address_goes(person: User) -> None:
    ask_for_code(Client(), person.email)
    Client().post("/accounts/login/password/", {"login": person.email, "password": "wrong-pass-word"})
    counted = rows_of("cache_entry")
    assert len([row for row in counted if "/key:" in row]) == 3
    for key in ("a:ip:203.0.113.7", "throttle_anon_203.0.113.7", "a:ip:2001:db8::", "a:ip:13.0.113.7"):
        cache.set(key, [1])
    for number, ip in enumerate(["203.0.113.7", "2001:db8::17", "3.0.113.7"]):
        UserSession.objects.create(user=person, ip=ip, session_key=f"key-{number}", user_agent="x")
    person_erase(person, by=person)
    left = rows_of("cache_entry")
    assert [row for row in left if "/key:" in row or "203.0.113" in row or "2001" in row] == []
    assert len(left) == len(counted) - 3 + 1


def test_mail_to_an_address_they_had_goes_too(person: User) -> None:
    old = make_mail(person, recipient="before@test.example")
    stray = make_mail(person, number=1, recipient="BEFORE@test.example")
    OutboxEmail.objects.filter(pk=stray.pk).update(user=None)
    foreign = make_mail(make_user())
    person_erase(person, by=person)
    assert list(OutboxEmail.objects.values_list("pk", flat=True)) == [foreign.pk]
    assert old.pk != foreign.pk
    assert is_suppressed("before@test.example")


def test_policies_and_their_history_lose_their_author(person: User) -> None:
    policy = active_policy()
    record = policy.history.first()
    for row in (policy, record):
        type(row)._base_manager.filter(pk=row.pk).update(created_by=person)
    person_erase(person, by=person)
    policy.refresh_from_db()
    record.refresh_from_db()
    assert (policy.created_by_id, record.created_by_id) == (None, None)


def test_whatever_others_wrote_of_them_names_them_no_more(person: User) -> None:
    (couple,) = make_couples(1)
    couple.us.say(Answer.DECLINED, reason="other", note="Maya knows why")
    note = note_write(couple.us.recommendation, text="Maya knows why", by=couple.us.person)
    exclusion = Exclusion.objects.create(pair=couple.pair, reason="Maya knows why")
    one = couple.us.recommendation
    pin = Pin.objects.create(seeker=one.seeker, candidate=one.candidate, reason="Maya knows why")
    staff_note = CurationNote.objects.create(recommendation=one, text="Maya knows why")
    policy = active_policy()
    ScoringPolicy.objects.filter(pk=policy.pk).update(note="Maya knows why", skip_reason="Maya knows why")
    policy.history.update(
        note="Maya knows why", skip_reason="Maya knows why", history_change_reason="Maya knows why"
    )
    rule = make_rule(note="Maya knows why")
    rule.history.update(history_change_reason="Maya knows why")
    mail = make_mail(
        make_user(), kind=EmailKind.ACCOUNT, mail_class=MailClass.AWAITED, slot=None, subject="From Maya"
    )
    person_erase(person, by=person)
    for row in (exclusion, pin, staff_note, policy, mail, note, rule):
        row.refresh_from_db()
    texts = [exclusion.reason, pin.reason, staff_note.text, note.text, policy.note, policy.skip_reason]
    texts += [rule.note, policy.history.first().skip_reason]
    for record in (policy.history.first(), rule.history.first()):
        texts += [record.note, record.history_change_reason]
    assert {*texts, Response.objects.get().note} == {"… knows why"}
    assert mail.subject == "From …"


def test_their_notes_on_pairs_go_along_and_what_they_saved_or_sponsored_stays(person: User) -> None:
    (couple,) = make_couples(1)
    make_team_member(couple.us.organization, person, role=TeamRole.EDITOR)
    note_write(couple.us.recommendation, text="mine", by=person)
    changed = note_write(couple.us.recommendation, text="yours", by=couple.us.person)
    PairNote.objects.filter(pk=changed.pk).update(changed_by=person)
    pair_save(couple.us.recommendation, saved=True, by=person)
    alliance = make_alliance(couple.cn.organization)
    make_team_member(alliance, person, role=TeamRole.EDITOR)
    sponsor(alliance, couple.cn.recommendation, by=person)
    person_erase(person, by=person)
    note, saved = PairNote.objects.get(), SavedPair.objects.get()
    assert (note.text, note.changed_by) == ("yours", None)
    assert (saved.organization, saved.saved_by) == (couple.us.organization, None)
    sponsorship = Sponsorship.objects.get()
    assert (sponsorship.alliance, sponsorship.sponsored_by) == (alliance, None)


def test_a_draft_goes_only_where_nobody_else_is_in_it(person: User) -> None:
    shared, alone = (make_organization(state=S.DRAFT, needs={"e-bus": 1}) for _ in range(2))
    for draft in (shared, alone):
        make_team_member(draft, person)
    make_team_member(shared, role=TeamRole.VIEWER)
    person_erase(person, by=person)
    assert list(Organization.objects.values_list("pk", flat=True)) == [shared.pk]
    assert set(Organization.history.values_list("id", flat=True)) == {shared.pk}
    assert set(Need.history.values_list("organization_id", flat=True)) == {shared.pk}


def test_invitations_to_the_person_go_along(person: User) -> None:
    inviting = make_organization()
    owner = make_team_member(inviting).user
    for address in (person.email, "colleague@city.example"):
        team_invite(inviting, email=address, role=TeamRole.VIEWER, actor=owner)
        AllianceAddress.objects.create(alliance=inviting, email=address)
    person_erase(person, by=person)
    for model in (TeamInvitation, AllianceAddress):
        assert list(model.objects.values_list("email", flat=True)) == ["colleague@city.example"]


def test_no_relation_holds_a_person_back() -> None:
    """Deleting the row is what clears these tables: each goes along, or forgets who it was."""
    holding = {
        f"{model._meta.label}.{field.name}": field.remote_field.on_delete  # type: ignore[union-attr]
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.related_model is User and getattr(field, "db_constraint", True)
    }
    assert len(holding) > 15
    assert {name for name, rule in holding.items() if rule not in (CASCADE, SET_NULL)} == set()


def test_every_column_for_an_address_is_known() -> None:
    """A new one fails here until erasing a person clears it."""
    columns = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if not model._meta.proxy
        for field in model._meta.concrete_fields
        if isinstance(field, EmailField)
    }
    assert columns == {
        "account.EmailAddress.email",
        "alliances.AllianceAddress.email",
        "alliances.Organization.contact_email",
        "alliances.TeamInvitation.email",
        "alliances.User.email",
        "matchmaking.OutboxEmail.recipient",
    }


# --- Being named in texts ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("Ann", "Ann asked, not Annabel or McAnn", "… asked, not Annabel or McAnn"),
        ("Will Li", "will Will Li agree?", "will … agree?"),
        ("王伟", "应王伟要求", "应…要求"),
        ("A", "A plain reason", "A plain reason"),
        ("", "No name at all", "No name at all"),
        ("x", "from MAYA@x.example.", "from …."),
        ("x", "not.maya@x.example, maya@x.example.cn", "not.maya@x.example, maya@x.example.cn"),
        ("(.*)", "Nothing (.*) special", "Nothing … special"),
    ],
)
def test_a_name_is_forgotten_where_it_is_one(name: str, text: str, left: str) -> None:
    organization = make_organization()
    record_history([organization], "~", None, text)
    forget(
        [(Organization.history.all(), "history_change_reason")],
        Words(name, frozenset({"maya@x.example"})),
    )
    assert organization.history.latest().history_change_reason == left


# --- Who may, and when not -----------------------------------------------------------------------


def owner_of(state: OrganizationState = S.APPROVED, **fields: Any) -> tuple[User, Organization]:
    member = make_team_member(make_organization(state=state), make_user(**fields))
    return member.user, member.organization


@pytest.mark.parametrize("state", [S.SUBMITTED, S.CHANGES_REQUESTED, S.ON_HOLD, S.APPROVED, S.SUSPENDED])
def test_the_last_owner_hands_over_or_withdraws_first(state: OrganizationState) -> None:
    owner, organization = owner_of(state)
    make_team_member(organization, make_user(is_active=False))
    editor = make_team_member(organization, role=TeamRole.EDITOR)
    with pytest.raises(ValidationError) as refused:
        person_erase(owner, by=owner)
    assert refused.value.message == (
        f"Nobody else owns {organization.name}. Hand over to a colleague or withdraw the organization first."
    )
    owner.refresh_from_db()
    assert owner.team_memberships.count() == 1
    person_erase(editor.user, by=editor.user)

    successor = make_team_member(organization)
    person_erase(owner, by=owner)
    assert organization.team_members.filter(user__is_active=True).get() == successor
    review.withdraw(organization, actor=successor.user)
    person_erase(successor.user, by=successor.user)
    assert TeamMember.objects.filter(user__is_active=True).count() == 0


@pytest.mark.parametrize("state", [S.DRAFT, S.WITHDRAWN, S.REJECTED])
def test_what_takes_no_part_holds_nobody(state: OrganizationState) -> None:
    owner, organization = owner_of(state)
    make_team_member(organization, role=TeamRole.VIEWER)
    person_erase(owner, by=owner)
    assert Organization.objects.filter(pk=organization.pk).exists()


def test_the_page_says_so_with_the_ways_out() -> None:
    owner, organization = owner_of()
    browser = Client()
    ask_for_code(browser, owner.email)
    enter_code(browser, code_in(newest_mail()))
    page = browser.get(PAGE).content.decode()
    assert f'href="/organization/{organization.code}/team/"' in page
    assert f'href="/organization/{organization.code}/"' in page
    assert 'name="erase"' not in page
    answer = erase(browser, owner.email)
    assert (answer.status_code, "Nobody else owns" in answer.content.decode()) == (400, True)
    assert list(owned_alone(owner)) == [organization]


@pytest.mark.parametrize("rights", [{"is_staff": True}, {"is_superuser": True}])
def test_staff_are_not_erased_while_they_are_staff(rights: dict[str, Any]) -> None:
    staff = make_user(**rights)
    administrator = make_user(is_staff=True, is_superuser=True)
    for by in (staff, administrator):
        with pytest.raises(ValidationError, match="Staff are not erased while they are staff"):
            person_erase(staff, by=by)
    browser = Client()
    ask_for_code(browser, staff.email)
    enter_code(browser, code_in(newest_mail()))
    page = browser.get(PAGE).content.decode()
    assert "You are staff: you decide about others" in page
    assert 'name="erase"' not in page
    assert erase(browser, staff.email).status_code == 400
    assert User.objects.filter(pk=staff.pk).exists()


@pytest.mark.parametrize("address", ["", "other@test.example", "mark-address"])
def test_another_address_erases_nobody(server: SmtpServer, address: str) -> None:
    life = live()
    answer = erase(life.browser, address)
    assert answer.status_code == 400
    assert f"Type your own address, {ADDRESS}, to erase your account." in answer.content.decode()
    assert User.objects.filter(pk=life.person.pk).exists()


def test_the_address_counts_however_it_is_typed(person: User) -> None:
    browser = Client()
    ask_for_code(browser, person.email)
    enter_code(browser, code_in(newest_mail()))
    assert erase(browser, " Maya@Portland.example ").status_code == 200
    assert not User.objects.filter(pk=person.pk).exists()


def test_nobody_else_may(person: User) -> None:
    reading_staff = make_user(is_staff=True)
    only_permission = make_user()
    permission = Permission.objects.get(codename="delete_user", content_type__app_label="alliances")
    only_permission.user_permissions.add(permission)
    for stranger in (make_user(), reading_staff, only_permission):
        with pytest.raises(PermissionDenied):
            person_erase(person, by=stranger)
        with pytest.raises(PermissionDenied):
            register_erasure.person_erase(person, by=stranger, words=words_for(person))
    assert User.objects.filter(pk=person.pk).exists()
    reading_staff.user_permissions.add(permission)
    person_erase(person, by=User.objects.get(pk=reading_staff.pk))
    assert not User.objects.filter(pk=person.pk).exists()


def test_a_refusal_leaves_everything_as_it_was() -> None:
    owner, _organization = owner_of()
    make_mail(owner)
    with pytest.raises(ValidationError):
        person_erase(owner, by=owner)
    assert OutboxEmail.objects.count() == 1
    assert Suppression.objects.count() == 0


# --- Afterwards ----------------------------------------------------------------------------------


def test_the_link_in_an_old_mail_still_says_unsubscribed(person: User) -> None:
    make_consent(person, ConsentPurpose.DIGEST)
    link = f"/unsubscribe/{unsubscribe_token(person)}"
    person_erase(person, by=person)
    for answer in (
        Client().get(link),
        Client().post(link, {"List-Unsubscribe": "One-Click"}),
    ):
        assert (answer.status_code, "You are unsubscribed." in answer.content.decode()) == (200, True)
        assert "<form method" not in answer.content.decode().partition("<main")[2]


def test_a_restored_person_gets_no_digest_until_they_ask_anew(server: SmtpServer, person: User) -> None:
    make_consent(person, ConsentPurpose.DIGEST)
    person_erase(person, by=person)
    # As a backup, or an import, would bring them back.
    back = make_user("maya@portland.example")
    make_consent(back, ConsentPurpose.DIGEST)
    make_mail(back)
    deliver_due()
    assert OutboxEmail.objects.get().state == EmailState.SUPPRESSED
    consent_set(back, ConsentPurpose.DIGEST, True, channel="portal")
    make_mail(back, number=1)
    deliver_due()
    assert OutboxEmail.objects.latest("pk").state == EmailState.SENT


def test_coming_back_lifts_no_bounce(person: User) -> None:
    Suppression.objects.create(address_hash=address_hash(person.email), reason="unknown_recipient")
    person_erase(person, by=person)
    back = make_user("maya@portland.example")
    consent_set(back, ConsentPurpose.DIGEST, True, channel="portal")
    assert is_suppressed(back.email)


# --- At the desk ---------------------------------------------------------------------------------


@pytest.fixture
def desk(client: Client, curator: User) -> Client:
    client.force_login(curator)
    return client


def at_the_desk(desk: Client, person: User, address: str) -> list[str]:
    """What the desk says after the form was sent."""
    path = f"/admin/alliances/user/{person.pk}/erase_person/"
    answer = desk.post(path, {"_form_submitted": "True", "address": address}, follow=True)
    assert answer.status_code == 200
    return [str(message) for message in answer.context["messages"]]


def test_staff_erase_a_person_who_asks_for_it(desk: Client, person: User, curator: User) -> None:
    path = f"/admin/alliances/user/{person.pk}/"
    assert "erase_person" in desk.get(f"{path}change/").content.decode()
    assert desk.get(f"{path}erase_person/", follow=True).status_code == 200
    assert at_the_desk(desk, person, "other@test.example") == [
        "That is not the person’s address. Nothing was erased."
    ]
    assert User.objects.filter(pk=person.pk).exists()
    assert at_the_desk(desk, person, "Maya@portland.example") == ["The person is erased."]
    assert not User.objects.filter(pk=person.pk).exists()
    event = CurationEvent.objects.get(kind="erased")
    assert (event.subject_id, event.actor_id) == (person.pk, curator.pk)
    assert (
        desk.post(
            f"{path}erase_person/", {"_form_submitted": "True", "address": person.email}, follow=True
        ).status_code
        == 200
    )


def test_the_desk_is_bound_by_the_same_rules(desk: Client, curator: User) -> None:
    owner, organization = owner_of()
    (said,) = at_the_desk(desk, owner, owner.email)
    assert said.startswith(f"Nobody else owns {organization.name}.")
    (said,) = at_the_desk(desk, curator, curator.email)
    assert said.startswith("Staff are not erased while they are staff")


def test_staff_without_the_right_do_not_see_it_nor_do_it(client: Client, person: User) -> None:
    reader = make_user(is_staff=True)
    for codename in ("view_user", "change_user"):
        reader.user_permissions.add(
            Permission.objects.get(codename=codename, content_type__app_label="alliances")
        )
    client.force_login(reader)
    page = client.get(f"/admin/alliances/user/{person.pk}/change/")
    assert (page.status_code, "erase_person" in page.content.decode()) == (200, False)
    path = f"/admin/alliances/user/{person.pk}/erase_person/"
    answer = client.post(path, {"_form_submitted": "True", "address": person.email})
    assert answer.status_code == 403
    assert User.objects.filter(pk=person.pk).exists()


def test_second_factors_go(person: User) -> None:
    give_second_factor(person)
    person_erase(person, by=person)
    assert Authenticator.objects.count() == 0


def test_unused_accounts_go_with_their_mail(person: User) -> None:
    address = "nobody@city.example"
    unused = account_open(address, language="en")
    account_mail_queue("login_code", unused, address, code="ABC-123")
    User.objects.filter(pk=unused.pk).update(joined_at=timezone.now() - timedelta(days=8))
    assert unused_accounts_drop() == 1
    assert not User.objects.filter(email=address).exists()
    assert not OutboxEmail.objects.filter(recipient=address).exists()
    assert User.objects.filter(pk=person.pk).exists()
    assert unused_accounts_drop() == 0
