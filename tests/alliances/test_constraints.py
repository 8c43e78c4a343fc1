"""Each promise that the schema holds, broken on purpose past every form and service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction
from django.db.models import F
from django.utils import timezone

from alliances.enums import Country, Kind, MembershipState
from alliances.models import (
    Agency,
    AllianceAddress,
    AllianceLink,
    AllianceMembership,
    AlliancePatron,
    Assessment,
    ChallengeArea,
    Consent,
    FirmDetails,
    FirmReference,
    ImportFile,
    Need,
    Offer,
    Organization,
    ReferenceAlliance,
    ReferenceCity,
    RegisterEvent,
    ScreeningDecision,
    ScreeningEntry,
    ScreeningHit,
    ScreeningKey,
    ScreeningList,
    TeamClaim,
    TeamInvitation,
    TeamMember,
    User,
)
from alliances.models.alliance import LINK_LIFE
from alliances.services.events import EventDraft, record
from tests.factories import (
    make_claim,
    make_consent,
    make_invitation,
    make_membership,
    make_organization,
    make_team_member,
    make_topic,
    make_user,
)

pytestmark = pytest.mark.django_db


def changed(**columns: Any) -> Callable[[], Any]:
    """An approved organization, then these columns set by a bare UPDATE."""

    def break_it() -> None:
        pk = make_organization().pk
        Organization.objects.filter(pk=pk).update(**columns)

    return break_it


def merged_while_approved() -> None:
    changed(merged_into=make_organization())()


def twice(make: Callable[[], models.Model]) -> Callable[[], Any]:
    """The same row made a second time."""

    def break_it() -> None:
        row = make()
        row.pk = None
        row._state.adding = True
        row.save(force_insert=True)

    return break_it


def need() -> Need:
    return Need.objects.create(organization=make_organization(), topic=make_topic())


def offer() -> Offer:
    return Offer.objects.create(organization=make_organization(), topic=make_topic())


def firm_details(**columns: str) -> FirmDetails:
    return FirmDetails.objects.create(organization=make_organization(kind=Kind.FIRM), **columns)


def patron() -> AlliancePatron:
    agency = Agency.objects.create(slug="a", country=Country.CN, name_en="A", name_zh="A")
    return AlliancePatron.objects.create(alliance=make_organization(kind=Kind.ALLIANCE), agency=agency)


def membership() -> AllianceMembership:
    return make_membership(
        make_organization(kind=Kind.ALLIANCE), make_organization(), state=MembershipState.CONFIRMED
    )


def own_member() -> None:
    alliance = make_organization(kind=Kind.ALLIANCE)
    make_membership(alliance, alliance, state=MembershipState.CONFIRMED)


def link() -> AllianceLink:
    return AllianceLink.objects.create(
        alliance=make_organization(kind=Kind.ALLIANCE),
        token=f"token-{AllianceLink.objects.count()}",
        expires_at=timezone.now() + LINK_LIFE,
    )


def address(email: str = "a@x.org") -> AllianceAddress:
    return AllianceAddress.objects.create(alliance=make_organization(kind=Kind.ALLIANCE), email=email)


def upload() -> ImportFile:
    return ImportFile.objects.create(uploaded_by=make_user(), name="a.csv", digest="0" * 64, content=b"a")


def screening_list(**fields: Any) -> ScreeningList:
    stated = {"name": "csl", "version": "1", "dated": "2026-01-01", "digest": "0" * 64, "entry_count": 1}
    return ScreeningList.objects.create(**{**stated, **fields})


def screening_entry(**fields: Any) -> ScreeningEntry:
    stated = {"screening_list": screening_list(), "name": "A", "fingerprint": "0" * 64}
    return ScreeningEntry.objects.create(**{**stated, **fields})


def screening_hit(**fields: Any) -> ScreeningHit:
    stated = {"name": "A", "alias": "A", "score": 1.0, "reason": "same", "name_fingerprint": "0" * 64}
    return ScreeningHit.objects.create(
        organization=make_organization(), entry=screening_entry(), **{**stated, **fields}
    )


def screening_decision(**fields: Any) -> ScreeningDecision:
    stated = {"name_fingerprint": "0", "entry_fingerprint": "1", "decision": "confirmed", "actor_id": 1}
    return ScreeningDecision.objects.create(**{**stated, **fields})


def assessment(**fields: Any) -> Assessment:
    stated = {**dict.fromkeys(("advantages", "clarity", "cooperation", "correctness"), 3), "actor_id": 1}
    return Assessment.objects.create(
        organization=make_organization(), **{**stated, "decision": "approved", **fields}
    )


def invitation(**fields: Any) -> TeamInvitation:
    return make_invitation(make_organization(), "a@x.org", **fields)


def claim(**fields: Any) -> TeamClaim:
    return make_claim(make_organization(), **fields)


BREAKS: dict[str, Callable[[], Any]] = {
    "alliances_organization_code_slug": changed(code="Not A Slug"),
    "alliances_organization_named": changed(name_en="", name_zh=""),
    "alliances_organization_kind_known": changed(kind="bank"),
    "alliances_organization_country_known": changed(country="DE"),
    "alliances_organization_state_known": changed(state="lost"),
    "alliances_organization_merged_withdrawn": merged_while_approved,
    "alliances_organization_state_reasons_known": changed(state_reasons=["a whim"]),
    "alliances_organization_subtype_known": changed(subtype="harbour"),
    "alliances_organization_population_basis_known": changed(population=1, population_basis="guess"),
    "alliances_organization_size_band_known": changed(size_band="huge"),
    "alliances_organization_stage_known": changed(stage="x"),
    "alliances_organization_horizon_known": changed(horizon="x"),
    "alliances_organization_budget_band_known": changed(budget_band="x"),
    "alliances_organization_languages_known": changed(languages=["fr"]),
    "alliances_organization_seeks_known": changed(seeks=["bank"]),
    "alliances_organization_refuses_known": changed(refuses=["bank"]),
    "alliances_organization_partnership_types_known": changed(partnership_types=["x"]),
    "alliances_organization_one_size": changed(population=1, population_basis="urban", size_band="small"),
    "alliances_organization_population_with_basis": changed(population=1),
    "alliances_organization_place_on_earth": changed(latitude=91, longitude=0),
    "alliances_organization_capacity_range": changed(capacity=101),
    "alliances_need_topic_once": twice(need),
    "alliances_need_priority_range": lambda: Need.objects.filter(pk=need().pk).update(priority=4),
    "alliances_offer_topic_once": twice(offer),
    "alliances_offer_maturity_range": lambda: Offer.objects.filter(pk=offer().pk).update(maturity=0),
    "alliances_agency_country_known": lambda: Agency.objects.create(slug="x", country="DE"),
    "alliances_alliancepatron_agency_once": twice(patron),
    "alliances_alliancemembership_member_once": twice(membership),
    "alliances_alliancemembership_not_of_itself": own_member,
    "alliances_alliancemembership_state_known": lambda: AllianceMembership.objects.filter(
        pk=membership().pk
    ).update(state="gone"),
    "alliances_alliancemembership_waits_iff_invited": lambda: AllianceMembership.objects.filter(
        pk=membership().pk
    ).update(state="invited"),
    "alliances_alliancelink_runs_out_later": lambda: AllianceLink.objects.filter(pk=link().pk).update(
        expires_at=F("made_at")
    ),
    "alliances_allianceaddress_once": twice(address),
    "alliances_allianceaddress_email_lower_case": lambda: address("A@x.org"),
    "alliances_referencealliance_country_known": lambda: ReferenceAlliance.objects.create(
        name_en="X", country="DE"
    ),
    "alliances_registerevent_kind_known": lambda: RegisterEvent.objects.create(kind="gossip"),
    "alliances_user_email_lower_case": lambda: User.objects.bulk_create([User(email="A@x.org")]),
    "alliances_teammember_person_once": twice(lambda: make_team_member(make_organization())),
    "alliances_teammember_role_known": lambda: TeamMember.objects.filter(
        pk=make_team_member(make_organization()).pk
    ).update(role="king"),
    "alliances_teaminvitation_pending_once": twice(invitation),
    "alliances_teaminvitation_email_lower_case": lambda: make_invitation(make_organization(), "A@x.org"),
    "alliances_teaminvitation_role_known": lambda: invitation(role="king"),
    "alliances_teaminvitation_state_known": lambda: invitation(state="lost"),
    "alliances_teaminvitation_runs_out_later": lambda: TeamInvitation.objects.filter(
        pk=invitation().pk
    ).update(expires_at=F("invited_at")),
    "alliances_teamclaim_waiting_once": twice(claim),
    "alliances_teamclaim_state_known": lambda: claim(state="lost", decided_at=timezone.now()),
    "alliances_teamclaim_decided_iff_not_waiting": lambda: claim(state="granted"),
    "alliances_organization_founded_range": changed(founded_year=3024),
    "alliances_firmdetails_ownership_known": lambda: firm_details(ownership="crown"),
    "alliances_firmdetails_credit_code_form": lambda: firm_details(credit_code="911100006000373"),
    "alliances_firmdetails_ein_form": lambda: firm_details(ein="123456789"),
    "alliances_firmdetails_uei_form": lambda: firm_details(uei="0BCDEFGH1234"),
    "alliances_firmreference_year_range": lambda: FirmReference.objects.create(
        organization=make_organization(kind=Kind.FIRM), title="Bridge", year=1066
    ),
    "alliances_referencecity_country_known": lambda: ReferenceCity.objects.create(
        code="fr-1", country="FR", name_en="Lyon"
    ),
    "alliances_importfile_person_content_once": twice(upload),
    "alliances_screeninglist_name_known": lambda: screening_list(name="sdn"),
    "alliances_screeninglist_digest_form": lambda: screening_list(digest="A" * 64),
    "alliances_screeninglist_not_empty": lambda: screening_list(entry_count=0),
    "alliances_screeninglist_content_once": twice(screening_list),
    "alliances_screeningentry_named": lambda: screening_entry(name=""),
    "alliances_screeningentry_fingerprint_form": lambda: screening_entry(fingerprint="short"),
    "alliances_screeningdecision_decision_known": lambda: screening_decision(decision="open"),
    "alliances_screeningdecision_cleared_with_reason": lambda: screening_decision(decision="cleared"),
    "alliances_screeningkey_once": twice(
        lambda: ScreeningKey.objects.create(entry=screening_entry(), key="a")
    ),
    "alliances_screeninghit_once": twice(screening_hit),
    "alliances_screeninghit_state_known": lambda: screening_hit(state="lost"),
    "alliances_screeninghit_reason_known": lambda: screening_hit(reason="a feeling"),
    "alliances_assessment_advantages_range": lambda: assessment(advantages=6),
    "alliances_assessment_clarity_range": lambda: assessment(clarity=6),
    "alliances_assessment_cooperation_range": lambda: assessment(cooperation=6),
    "alliances_assessment_correctness_range": lambda: assessment(correctness=6),
    "alliances_assessment_decision_known": lambda: assessment(decision="suspended"),
    "alliances_assessment_approved_by_rubric": lambda: assessment(advantages=1, clarity=2),
    "alliances_screeninghit_score_range": lambda: screening_hit(score=1.1),
    "alliances_consent_purpose_known": lambda: make_consent(make_user(), "fun"),  # type: ignore[arg-type]
}


@pytest.mark.parametrize("name", BREAKS)
def test_the_database_refuses(name: str) -> None:
    with pytest.raises(IntegrityError) as caught, transaction.atomic():
        BREAKS[name]()
    assert f'constraint "{name}"' in str(caught.value)


def test_no_constraint_is_left_out() -> None:
    declared = {
        constraint.name
        for model in apps.get_app_config("alliances").get_models()
        if not model._meta.proxy
        for constraint in model._meta.constraints
    }
    assert declared == set(BREAKS)


@pytest.mark.parametrize(("first", "second"), [("a@x.org", "a@x.org"), ("a@x.org", "A@X.org")])
def test_an_address_belongs_to_one_person(first: str, second: str) -> None:
    make_user(first)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_user(second)


def test_a_need_names_leaf_topics_only() -> None:
    area = ChallengeArea.objects.create(slug="x", name_en="X", name_zh="X", position=1)
    with pytest.raises(ValueError, match='must be a "Topic" instance'):
        Need(organization=make_organization(), topic=area)  # type: ignore[misc]


@pytest.mark.parametrize(
    "word", ["UPDATE alliances_registerevent SET kind = 'updated'", "DELETE FROM alliances_registerevent"]
)
def test_register_events_can_only_be_added(word: str) -> None:
    organization = make_organization()
    with transaction.atomic():
        record([EventDraft(organization.pk, "registered", {})], None)  # type: ignore[arg-type]
    refusal = "alliances_registerevent is insert-only"
    with (
        pytest.raises(IntegrityError, match=refusal),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(word)
    assert RegisterEvent.objects.values_list("kind", flat=True).get() == "registered"


@pytest.mark.parametrize(
    "word", ["UPDATE alliances_assessment SET clarity = 5", "DELETE FROM alliances_assessment"]
)
def test_an_assessment_can_only_be_added_but_its_note_may_be_blackened(word: str) -> None:
    made = assessment(note="Maya says so")
    with (
        pytest.raises(IntegrityError, match="alliances_assessment is insert-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(word)
    Assessment.objects.update(note="… says so")
    made.refresh_from_db()
    assert (made.clarity, made.note) == (3, "… says so")


def test_consents_cannot_be_changed_but_go_with_the_person() -> None:
    consent = make_consent(make_user(), "digest")  # type: ignore[arg-type]
    with pytest.raises(IntegrityError, match="alliances_consent is insert-only"), transaction.atomic():
        Consent.objects.update(granted=False)
    consent.user.delete()
    assert Consent.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_event_is_written_with_its_change_or_not_at_all() -> None:
    with pytest.raises(transaction.TransactionManagementError):
        record([EventDraft(None, "updated", {})], None)  # type: ignore[arg-type]
    assert RegisterEvent.objects.count() == 0
