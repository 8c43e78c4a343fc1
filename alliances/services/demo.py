"""The sample register, for trying the service out. None of its organizations takes part in anything."""

from __future__ import annotations

from typing import NamedTuple

from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from alliances.enums import ConsentPurpose, Country, EventKind, TeamRole
from alliances.models import Consent, Organization, TeamMember, User
from alliances.services.events import EventDraft, record
from alliances.services.history import BATCH
from alliances.services.organization_import import import_organizations
from alliances.services.reference import REFERENCE_FOLDER, load_reference
from alliances.services.register import SaveResult

CURATOR_EMAIL = "curator@demo.example"
# Whom a visitor may be: by the code of their organization, the curator without one. Each American one is
# recommended to the Chinese city, and it to each of them, so that a visitor can answer for both sides; the
# Chinese alliance has members that are recommended American cities.
VISITORS: dict[str, StrOrPromise] = {
    "us-city-portland": _("Officer of a US city"),
    "cn-city-tianjin": _("Officer of a Chinese city"),
    "us-calthorpe": _("Business developer of a firm"),
    "us-rmi": _("Officer of an alliance"),
    "cn-appc": _("Officer of an alliance with members"),
    "": _("Curator"),
}
DEMO_PURPOSES = (
    ConsentPurpose.ACCOUNT,
    ConsentPurpose.MATCHING,
    ConsentPurpose.DIGEST,
    ConsentPurpose.CROSS_BORDER,
)


class DemoLoaded(NamedTuple):
    """What loading the demo did."""

    organizations: SaveResult
    people: int
    curator_created: bool


class Visitor(NamedTuple):
    """A person of the demo whom a visitor may be: account, part, and the organization's name or nothing."""

    user: User
    part: StrOrPromise
    organization: str


def visitors() -> list[Visitor]:
    """Those of `VISITORS` who were loaded, in their order. Two queries."""
    codes = {_email(code): code for code in VISITORS}
    people = User.objects.filter(email__in=codes, is_active=True)
    users = {user.email: user for user in people.prefetch_related("team_memberships__organization")}
    return [
        Visitor(
            users[email],
            VISITORS[code],
            " ".join(place.organization.name for place in users[email].team_memberships.all()),
        )
        for email, code in codes.items()
        if email in users
    ]


@transaction.atomic
def load_demo(curator_password: str | None) -> DemoLoaded:
    """Load reference data, the sample organizations as approved, one person each, and a curator.

    People get consents of version "demo", digest and cross-border among them; nobody confirmed a profile, so
    trust stays unknown. What is there already stays as it is: a second call changes nothing. Without a
    password no curator is made.

    Raises:
        ValidationError: the curator's password is too weak.
    """
    load_reference()
    path = REFERENCE_FOLDER / "organizations.csv"
    result = import_organizations(
        path.read_bytes(), file_name=path.name, approve=True, is_sample=True, only_new=True
    )
    # Once more, for the links of alliances to the organizations that exist only now.
    load_reference()
    people = _add_people()
    return DemoLoaded(result, people, bool(curator_password) and _add_curator(curator_password or ""))


def _add_people() -> int:
    """One owner for each sample organization that has nobody yet."""
    lonely = list(Organization.objects.filter(is_sample=True, team_members=None).order_by("pk"))
    emails = {one.pk: _email(one.code) for one in lonely}
    password = make_password(None)
    User.objects.bulk_create(
        [
            User(email=emails[one.pk], name=_name(one), language=_language(one), password=password)
            for one in lonely
        ],
        batch_size=BATCH,
        ignore_conflicts=True,
    )
    users = {user.email: user for user in User.objects.filter(email__in=emails.values())}
    owners = [TeamMember(user=users[emails[one.pk]], organization=one, role=TeamRole.OWNER) for one in lonely]
    TeamMember.objects.bulk_create(owners, batch_size=BATCH)
    Consent.objects.bulk_create(
        [
            Consent(
                user=owner.user,
                purpose=purpose,
                granted=True,
                text_version="demo",
                language=owner.user.language,
                channel="demo",
            )
            for owner in owners
            for purpose in DEMO_PURPOSES
        ],
        batch_size=BATCH,
    )
    record(
        (
            EventDraft(
                owner.organization_id,
                EventKind.TEAM_MEMBER_ADDED,
                {"user": owner.user_id, "role": str(owner.role)},
            )
            for owner in owners
        ),
        None,
    )
    record(
        (
            EventDraft(None, EventKind.CONSENT_GIVEN, {"user": owner.user_id, "purpose": str(purpose)})
            for owner in owners
            for purpose in DEMO_PURPOSES
        ),
        None,
    )
    return len(owners)


def _email(code: str) -> str:
    return f"{code}@demo.example" if code else CURATOR_EMAIL


def _language(organization: Organization) -> str:
    return "zh-hans" if organization.country == Country.CN else "en"


def _name(organization: Organization) -> str:
    """A name that shows at once that nobody stands behind it, in the reader's script."""
    if organization.country == Country.CN:
        return f"{organization.name_zh or organization.name_en}示例联系人"[:150]
    return f"Demo contact for {organization.name_en or organization.name_zh}"[:150]


def _add_curator(password: str) -> bool:
    if User.objects.filter(email=CURATOR_EMAIL).exists():
        return False
    validate_password(password, User(email=CURATOR_EMAIL))
    User.objects.create_superuser(CURATOR_EMAIL, password, name="Demo curator")
    return True
