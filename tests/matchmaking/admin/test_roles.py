"""Five roles: what each may open and do at the desk, cell by cell; nothing that no role is meant to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db.models import Model
from django.test import Client
from django.urls import URLResolver, get_resolver, reverse
from django.utils import timezone

from alliances.enums import OrganizationState
from alliances.models import Organization, RegisterEvent, ScreeningDecision, TeamClaim, User
from matchmaking.enums import RecommendationState, TokenScope, WorkKind
from matchmaking.models import (
    ApiToken,
    CurationNote,
    Exclusion,
    JurisdictionRule,
    ListImport,
    MatchRun,
    Pin,
    Recommendation,
    ScheduledRelease,
    ScoringPolicy,
    Webhook,
    WorkItem,
)
from matchmaking.services.policies import active_policy
from matchmaking.services.roles import ROLES, load_roles
from matchmaking.services.tokens import token_issue
from tests.factories import make_claim, make_hit, make_organization, make_team_member, make_user, prove
from tests.matchmaking.admin.test_dashboard import make_run
from tests.matchmaking.admin.test_desk import make_mail
from tests.matchmaking.jurisdiction.test_desk import FORM
from tests.matchmaking.portal.pages import CHINESE
from tests.matchmaking.webhooks.scenes import listen

pytestmark = pytest.mark.django_db
ALL = ("Reviewer", "Curator", "Compliance officer", "Administrator", "Auditor")
REVIEW, CURATE, COMPLY, ADMINISTER, AUDIT = ({name} for name in ALL)
EVERYBODY = set(ALL)

# Who opens the list of these rows. What is not here nobody but a superuser opens.
OPENS: dict[str, set[str]] = {
    **dict.fromkeys(("alliances.city", "alliances.firm", "alliances.alliance"), EVERYBODY),
    **dict.fromkeys(("alliances.teamclaim", "alliances.organization"), EVERYBODY),
    **dict.fromkeys(("alliances.screeninghit", "alliances.screeninglist"), EVERYBODY),
    **dict.fromkeys(("alliances.challengearea", "alliances.topic"), EVERYBODY),
    **dict.fromkeys(("alliances.agency", "alliances.referencealliance"), EVERYBODY),
    "matchmaking.jurisdictionrule": EVERYBODY,
    "matchmaking.workitem": EVERYBODY,
    "matchmaking.bulkmove": EVERYBODY,
    **dict.fromkeys(
        (
            *("matchmaking.recommendation", "matchmaking.exclusion", "matchmaking.response"),
            *("matchmaking.introduction", "matchmaking.matchrun", "matchmaking.scoringpolicy"),
            "matchmaking.pin",
            *("matchmaking.outboxemail", "alliances.registerevent", "matchmaking.curationevent"),
        ),
        EVERYBODY - REVIEW,
    ),
    **dict.fromkeys(("alliances.user", "auth.group"), ADMINISTER | AUDIT),
    **dict.fromkeys(("matchmaking.apitoken", "matchmaking.webhook"), ADMINISTER | AUDIT),
}


def staff_as(role: str) -> User:
    load_roles()
    person = make_user(is_staff=True)
    person.groups.add(Group.objects.get(name=role))
    return person


def signed_in_as(role: str, client: Client) -> User:
    person = staff_as(role)
    client.force_login(person)
    return person


def test_every_page_of_the_desk_is_decided() -> None:
    assert {model._meta.label_lower for model in admin.site._registry} == set(OPENS)


@pytest.mark.parametrize("role", ALL)
def test_each_role_opens_its_lists_and_no_other(client: Client, role: str) -> None:
    signed_in_as(role, client)
    for model in admin.site._registry:
        options = model._meta
        answer = client.get(reverse(f"admin:{options.app_label}_{options.model_name}_changelist"))
        assert (answer.status_code == 200) == (role in OPENS[options.label_lower]), options.label
        assert answer.status_code in (200, 403)


@pytest.mark.parametrize("role", ALL)
def test_the_side_bar_shows_a_role_what_it_opens(client: Client, role: str) -> None:
    signed_in_as(role, client)
    page = client.get("/admin/").content.decode()
    for label, roles in OPENS.items():
        if label in ("alliances.organization", "auth.group"):  # no page of their own, or not in the side bar
            continue
        address = reverse(f"admin:{label.replace('.', '_')}_changelist")
        assert (f'href="{address}"' in page) == (role in roles), label


@pytest.mark.parametrize("role", ALL)
def test_figures_are_for_whoever_sees_organizations_and_recommendations(client: Client, role: str) -> None:
    signed_in_as(role, client)
    prove(client)
    may = role in EVERYBODY - REVIEW
    address = reverse("admin:matchmaking_recommendation_analytics")
    file = reverse("admin:matchmaking_recommendation_analytics_csv", args=["exposure"])
    assert [client.get(one).status_code for one in (address, file)] == ([200, 200] if may else [403, 403])
    assert (f'href="{address}"' in client.get("/admin/").content.decode()) == may


# --- What each does -------------------------------------------------------------------------------


def bulk(client: Client, model: str, action: str, pk: object, **stated: object) -> None:
    client.post(reverse(f"admin:{model}_changelist"), {"action": action, "_selected_action": [pk], **stated})


def on_page(client: Client, model: str, action: str, pk: object, **stated: object) -> None:
    client.post(reverse(f"admin:{model}_{action}", args=[pk]), {"_form_submitted": "True", **stated})


Try = Callable[[Client], Callable[[], bool]]


def _review(client: Client) -> Callable[[], bool]:
    one = make_organization(state=OrganizationState.SUBMITTED)
    bulk(client, "alliances_city", "put_on_hold", one.pk)
    return lambda: Organization.objects.get(pk=one.pk).state == OrganizationState.ON_HOLD


def _edit_profile(client: Client) -> Callable[[], bool]:
    one = make_organization()
    address = reverse("admin:alliances_city_change", args=[one.pk])
    page = client.get(address)
    return lambda: b'name="_save"' in page.content


def _import(client: Client) -> Callable[[], bool]:
    answer = client.get(reverse("admin:alliances_organization_import"))
    return lambda: answer.status_code == 200


def _import_list(client: Client) -> Callable[[], bool]:
    file = SimpleUploadedFile("list-2026-11-20.csv", b"name\nHongda Marine\n")
    client.post(reverse("admin:alliances_screeninglist_import"), {"name": "generic", "file": file})
    return ListImport.objects.exists


def _claim(client: Client) -> Callable[[], bool]:
    one = make_claim(make_organization())
    on_page(client, "alliances_teamclaim", "refuse", one.pk, reason="Nobody knows them.")
    return lambda: TeamClaim.objects.get(pk=one.pk).state == "refused"


def _decide_hit(client: Client) -> Callable[[], bool]:
    on_page(client, "alliances_screeninghit", "clear_this", make_hit().pk, reason="Another party.")
    return ScreeningDecision.objects.exists


def _write_rule(client: Client) -> Callable[[], bool]:
    client.post(reverse("admin:matchmaking_jurisdictionrule_add"), FORM)
    return JurisdictionRule.objects.exists


def _hold(client: Client) -> Callable[[], bool]:
    make_run()
    one = Recommendation.objects.filter(state=RecommendationState.RELEASED)[0]
    bulk(client, "matchmaking_recommendation", "hold", one.pk)
    return lambda: Recommendation.objects.get(pk=one.pk).state == RecommendationState.HELD


def _release_desk(what: str, left: type[Model]) -> Try:
    """An action of a run's release desk, which leaves a row of its own."""

    def attempt(client: Client) -> Callable[[], bool]:
        run = make_run()
        one = Recommendation.objects.all()[0]
        address = reverse("admin:matchmaking_matchrun_release", args=[run.pk])
        client.post(address, {"do": what, "item": one.pk, "words": "Well known here."})
        return left._default_manager.exists

    attempt.__name__ = f"_{what}"
    return attempt


def _schedule(client: Client) -> Callable[[], bool]:
    run = make_run()
    address = reverse("admin:matchmaking_matchrun_release_schedule", args=[run.pk])
    client.post(address, {"at": f"{timezone.now() + timedelta(days=1):%Y-%m-%d %H:%M}"})
    return ScheduledRelease.objects.exists


def _contacts(client: Client) -> Callable[[], bool]:
    prove(client)
    client.get(f"/admin/alliances/city/{make_organization().pk}/show_contacts/")
    return RegisterEvent.objects.filter(kind="contacts_shown").exists


def _mail_contacts(client: Client) -> Callable[[], bool]:
    prove(client)
    client.get(f"/admin/matchmaking/outboxemail/{make_mail(1).pk}/show_contacts/")
    return RegisterEvent.objects.filter(kind="contacts_shown").exists


def _claim_contacts(client: Client) -> Callable[[], bool]:
    prove(client)
    claim = make_claim(make_organization())
    client.get(f"/admin/alliances/teamclaim/{claim.pk}/show_contacts/")
    return RegisterEvent.objects.filter(kind="contacts_shown").exists


def _person_contacts(client: Client) -> Callable[[], bool]:
    prove(client)
    client.get(f"/admin/alliances/user/{make_user().pk}/show_contacts/")
    return RegisterEvent.objects.filter(kind="contacts_shown").exists


def _change_address(client: Client) -> Callable[[], bool]:
    person = make_user("old@test.example")
    on_page(client, "alliances_user", "change_address", person.pk, address="new@test.example")
    return User.objects.filter(email="new@test.example").exists


def _export(client: Client) -> Callable[[], bool]:
    prove(client)
    client.get("/admin/alliances/city/export-csv/")
    return RegisterEvent.objects.filter(kind="exported").exists


def _merge(client: Client) -> Callable[[], bool]:
    kept, dropped = (make_organization(name_en="Twin Falls") for _number in range(2))
    client.post(reverse("admin:alliances_city_merge", args=[dropped.pk, kept.pk]))
    return Organization.objects.filter(merged_into=kept).exists


def _why(client: Client) -> Callable[[], bool]:
    make_run()
    page = client.get(
        reverse("admin:matchmaking_recommendation_why", args=[Recommendation.objects.all()[0].pk])
    )
    return lambda: page.status_code == 200


def _figures(client: Client) -> Callable[[], bool]:
    page = client.get("/admin/matchmaking/recommendation/analytics/")
    return lambda: page.status_code == 200


def _check_pair(client: Client) -> Callable[[], bool]:
    page = client.get("/admin/matchmaking/jurisdictionrule/check/")
    return lambda: page.status_code == 200


def _exclude(client: Client) -> Callable[[], bool]:
    make_run()
    one = Recommendation.objects.all()[0]
    bulk(client, "matchmaking_recommendation", "never_pair", one.pk, reason="They know each other.")
    return Exclusion.objects.exists


def _run(client: Client) -> Callable[[], bool]:
    client.post(reverse("admin:matchmaking_matchrun_add"), {"policy": active_policy().pk, "as_of": ""})
    return MatchRun.objects.exists


def _policy(client: Client) -> Callable[[], bool]:
    page = client.get(reverse("admin:matchmaking_scoringpolicy_add"))
    return lambda: page.status_code == 200


def _publish(client: Client) -> Callable[[], bool]:
    other = ScoringPolicy.objects.create(name="other", version=1, rules=active_policy().rules)
    address = reverse("admin:matchmaking_scoringpolicy_publish", args=[other.pk])
    client.post(address, {"reason": "Tried by hand.", "at": ""})
    return lambda: ScoringPolicy.objects.get(pk=other.pk).is_active


def _preview(client: Client) -> Callable[[], bool]:
    active_policy()
    other = ScoringPolicy.objects.create(name="other", version=1, rules=active_policy().rules)
    client.post(reverse("admin:matchmaking_scoringpolicy_preview", args=[other.pk]))
    return MatchRun.objects.exists


def _topic(client: Client) -> Callable[[], bool]:
    page = client.get(reverse("admin:alliances_topic_add"))
    return lambda: page.status_code == 200


def _work(client: Client) -> Callable[[], bool]:
    hit = make_hit()
    client.post(
        reverse("admin:matchmaking_workitem_changelist"),
        {"note": "take", "item": f"{WorkKind.SCREENING_HIT.value}:{hit.pk}"},
    )
    return WorkItem.objects.exists


def _give_role(client: Client) -> Callable[[], bool]:
    page = client.get(reverse("admin:alliances_user_change", args=[make_user().pk]))
    return lambda: b'name="_save"' in page.content


def _see_endorsements(client: Client) -> Callable[[], bool]:
    page = client.get(reverse("admin:alliances_agency_endorsements"))
    return lambda: page.status_code == 200


def _erase(client: Client) -> Callable[[], bool]:
    person = make_user("gone@test.example")
    on_page(client, "alliances_user", "erase_person", person.pk, address="gone@test.example")
    return lambda: not User.objects.filter(email="gone@test.example").exists()


def _make_token(client: Client) -> Callable[[], bool]:
    form = {"name": "Reports", "scope": "staff_read", "days": "30"}
    client.post(reverse("admin:matchmaking_apitoken_mine"), form)
    return ApiToken.objects.filter(scope="staff_read").exists


def _revoke_token(client: Client) -> Callable[[], bool]:
    owner = make_team_member(make_organization())
    token = token_issue(owner.organization, name="CRM", scope=TokenScope.READ, days=30, by=owner.user).token
    bulk(client, "matchmaking_apitoken", "revoke", token.pk)
    return ApiToken.objects.exclude(revoked_at=None).exists


def _stop_webhook(client: Client) -> Callable[[], bool]:
    bulk(client, "matchmaking_webhook", "disable", listen(make_organization()).pk)
    return Webhook.objects.exclude(disabled_at=None).exists


ACTIONS: list[tuple[Try, set[str]]] = [
    (_review, REVIEW | CURATE | ADMINISTER),
    (_edit_profile, REVIEW | CURATE | ADMINISTER),
    (_claim, REVIEW | CURATE | ADMINISTER),
    (_import, CURATE | ADMINISTER),
    (_topic, CURATE | ADMINISTER),
    (_hold, CURATE | ADMINISTER),
    (_exclude, CURATE | ADMINISTER),
    *(
        (_release_desk(what, left), CURATE | ADMINISTER)
        for what, left in (("pin", Pin), ("note", CurationNote), ("exclude", Exclusion))
    ),
    (_schedule, CURATE | ADMINISTER),
    (_run, CURATE | ADMINISTER),
    (_merge, REVIEW | CURATE | ADMINISTER),
    (_contacts, REVIEW | CURATE | ADMINISTER),
    (_claim_contacts, REVIEW | CURATE | ADMINISTER),
    (_mail_contacts, CURATE | ADMINISTER),
    (_person_contacts, ADMINISTER),
    (_change_address, ADMINISTER),
    (_export, EVERYBODY),
    (_check_pair, EVERYBODY),
    (_why, EVERYBODY - REVIEW),
    (_figures, EVERYBODY - REVIEW),
    (_policy, CURATE | ADMINISTER),
    (_publish, CURATE | ADMINISTER),
    (_preview, CURATE | ADMINISTER),
    (_import_list, COMPLY | ADMINISTER),
    (_decide_hit, COMPLY | ADMINISTER),
    (_write_rule, COMPLY | ADMINISTER),
    (_see_endorsements, EVERYBODY),
    (_work, EVERYBODY - AUDIT),
    (_give_role, ADMINISTER),
    (_erase, ADMINISTER),
    (_make_token, ADMINISTER),
    (_revoke_token, ADMINISTER),
    (_stop_webhook, ADMINISTER),
]


@pytest.mark.parametrize("role", ALL)
@pytest.mark.parametrize(("attempt", "roles"), ACTIONS, ids=lambda one: getattr(one, "__name__", ""))
def test_each_role_does_what_it_may_and_nothing_else(
    client: Client, attempt: Try, roles: set[str], role: str
) -> None:
    signed_in_as(role, client)
    client.raise_request_exception = False
    assert attempt(client)() == (role in roles)


def desk_addresses() -> list[str]:
    """Every address of the desk, with a number wherever one belongs."""
    found = []

    def walk(patterns: list[Any], before: str) -> None:
        for pattern in patterns:
            route = f"{before}{pattern.pattern}"
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, route)
            else:
                found.append("/" + re.sub(r"<[^>]+>", "1", re.sub(r"\(\?P<[^>]+>[^)]*\)", "1", route)))

    walk([one for one in get_resolver().url_patterns if str(one.pattern) == "admin/"], "")
    return [re.sub(r"[\^$]|\\Z|\(\?:\.\*\)", "", address) for address in found]


def test_a_password_alone_opens_no_address_of_the_desk(client: Client, settings: Any) -> None:
    settings.ADMIN_REQUIRE_MFA = True
    signed_in_as("Administrator", client)
    addresses = desk_addresses()
    assert len(addresses) > 200
    for address in addresses:
        for method in ("get", "post"):
            answer = getattr(client, method)(address)
            assert (address, answer.status_code) == (address, 302)
            assert answer["Location"].startswith("/accounts/2fa/"), address


# --- The groups -----------------------------------------------------------------------------------


def test_roles_come_with_the_reference_data_and_a_second_time_changes_nothing() -> None:
    call_command("load_reference")
    assert set(Group.objects.values_list("name", flat=True)) == EVERYBODY
    assert load_roles()[1:] == (0, 0, 5)


def test_what_was_added_to_a_role_by_hand_goes_and_other_groups_stay() -> None:
    load_roles()
    erase = Permission.objects.get(codename="delete_user")
    own = Group.objects.create(name="Helpers")
    for group in (own, Group.objects.get(name="Auditor")):
        group.permissions.add(erase)
    assert load_roles()[1:] == (0, 1, 4)
    assert set(erase.group_set.values_list("name", flat=True)) == {"Administrator", "Helpers"}


def test_an_auditor_may_only_look() -> None:
    assert {codename.partition("_")[0] for _app, codename in ROLES["Auditor"].codes()} == {"view"}


def test_roles_are_named_in_the_readers_language(client: Client) -> None:
    signed_in_as("Administrator", client)
    address = reverse("admin:alliances_user_change", args=[make_user().pk])
    page = client.get(address, headers={"accept-language": CHINESE}).content.decode()
    assert [
        word for word in ("审核员", "运营专员", "合规专员", "系统管理员", "审计员") if word not in page
    ] == []
