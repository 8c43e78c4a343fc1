"""Alliance memberships: an alliance's members for its own team, and an organization's alliances for its."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.core.validators import validate_slug
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.directory import named_like
from alliances.enums import Kind, MembershipSide, MembershipState
from alliances.importing.problems import shown
from alliances.memberships import alliances_of, memberships_of
from alliances.models import AllianceMembership, Organization
from alliances.services.memberships import membership_hold
from matchmaking.api.access import OwnRows
from matchmaking.api.introductions import PartySerializer
from matchmaking.api.strict import KnownFieldsOnly, Ordering, Query, Search, Text, sorted_by
from matchmaking.api.writing import must_match, once
from matchmaking.services import membership_mail


class MembershipSerializer(serializers.ModelSerializer[AllianceMembership]):
    """An organization in an alliance. An invited one says whose word it waits for."""

    alliance = PartySerializer()
    member = PartySerializer()

    class Meta:
        model = AllianceMembership
        fields: ClassVar[list[str]] = ["alliance", "member", "state", "waits_for", "since"]


CHANGES = [(state.value, state.label) for state in (MembershipState.CONFIRMED, MembershipState.LAPSED)]


class MembershipChangeSerializer(KnownFieldsOnly):
    """`confirmed` gives the word that is missing; `lapsed` declines, takes back or ends."""

    state = serializers.ChoiceField(choices=CHANGES)


class InvitationSerializer(KnownFieldsOnly):
    """The code of an organization of the directory."""

    member = Text(max_length=40, validators=[validate_slug])


class JoiningSerializer(KnownFieldsOnly):
    """The last part of the link that the alliance gave: /join/…/."""

    link = Text(max_length=40, validators=[validate_slug])


class MembershipQuery(Query):
    """`search` looks in the other side's names; `ordering` is by its code, or by since when it is so."""

    search = Search()
    state = serializers.ChoiceField(choices=MembershipState.choices, required=False)
    waits_for = serializers.ChoiceField(choices=MembershipSide.choices, required=False)
    ordering = Ordering("code", "since")


EXAMPLES = [
    OpenApiExample("The word that is missing", request_only=True, value={"state": "confirmed"}),
    OpenApiExample("Decline, take back or end", request_only=True, value={"state": "lapsed"}),
]


class MembershipRows(ListModelMixin, OwnRows):
    """The memberships of one of the organizations that the request acts for."""

    side: ClassVar[MembershipSide]
    other: ClassVar[MembershipSide]
    query = MembershipQuery
    serializer_class = MembershipSerializer
    lookup_value_converter = "slug"
    queryset = AllianceMembership.objects.none()

    def own(self) -> Organization:
        found: Organization = get_object_or_404(self.organizations(), code=self.kwargs["code"])
        return found

    def rows(self) -> QuerySet[AllianceMembership]:
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[AllianceMembership]:
        asked: Mapping[str, Any] = self.asked
        rows = self.rows().filter(**{name: asked[name] for name in ("state", "waits_for") if name in asked})
        if text := asked.get("search", ""):
            rows = rows.filter(**{f"{self.other}__in": named_like(Organization.objects.all(), text)})
        sign, name = sorted_by(asked.get("ordering", "code"))
        return rows.order_by(f"{sign}{f'{self.other}__code' if name == 'code' else name}", "pk")

    def begun(self, own: Organization, membership: AllianceMembership) -> Response:
        other = getattr(membership, str(self.other))
        address = reverse(f"api:{self.basename}-detail", args=[own.code, other.code])
        return self.told(membership, 201, Location=address)

    def changed(self, request: Request) -> Response:
        membership_hold(self.get_object())
        found = self.get_object()
        must_match(request, self.get_serializer(found).data)
        form = MembershipChangeSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        to = MembershipState(form.validated_data["state"])
        return self.told(membership_mail.move(found, to, side=self.side, by=self.person))


class Members(MembershipRows):
    """Who is in an alliance, for its own team."""

    side, other = MembershipSide.ALLIANCE, MembershipSide.MEMBER
    lookup_field = "member__code"
    lookup_url_kwarg = "member"

    def organizations(self) -> Any:
        return super().organizations().filter(kind=Kind.ALLIANCE)

    def rows(self) -> QuerySet[AllianceMembership]:
        return memberships_of(self.own())

    @extend_schema(
        summary=gettext_lazy("My alliance's members"),
        description=gettext_lazy(
            "Who is a member, who waits for whom, and who was one: for the alliance's team."
        ),
        parameters=[MembershipQuery],
    )
    def list(self, request: Request, code: str) -> Response:
        return super().list(request)

    @extend_schema(
        summary=gettext_lazy("Invite a member"),
        description=gettext_lazy(
            "An organization of the directory, whose team decides. One that has asked to join is a member at "
            "once. Owners and editors only."
        ),
        request=InvitationSerializer,
        responses={201: MembershipSerializer},
        examples=[OpenApiExample("A city", request_only=True, value={"member": "cn-wuhan"})],
    )
    @once
    def create(self, request: Request, code: str) -> Response:
        alliance = self.own()
        form = InvitationSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        stated = form.validated_data["member"]
        listed = self.directory()
        member = None if listed is None else listed.filter(code=stated).first()
        if member is None:
            text = _("Nobody in the directory has the code '%(code)s'.") % {"code": shown(stated)}
            raise serializers.ValidationError({"member": [text]})
        return self.begun(alliance, membership_mail.invite(alliance, member, by=self.person))

    @extend_schema(summary=gettext_lazy("One member"), description="")
    def retrieve(self, request: Request, code: str, member: str) -> Response:
        return self.told(self.get_object())

    @extend_schema(
        summary=gettext_lazy("Confirm or end a membership, as the alliance"),
        description=gettext_lazy(
            "`confirmed` takes in who has asked. `lapsed` refuses who has asked, takes an invitation back or "
            "ends a membership. Owners and editors only."
        ),
        request=MembershipChangeSerializer,
        responses=MembershipSerializer,
        examples=EXAMPLES,
    )
    @once
    def partial_update(self, request: Request, code: str, member: str) -> Response:
        return self.changed(request)


class Memberships(MembershipRows):
    """In which alliances an organization is, for its own team."""

    side, other = MembershipSide.MEMBER, MembershipSide.ALLIANCE
    lookup_field = "alliance__code"
    lookup_url_kwarg = "alliance"

    def rows(self) -> QuerySet[AllianceMembership]:
        return alliances_of(self.own()).select_related("alliance", "member")

    @extend_schema(
        summary=gettext_lazy("My organization's alliances"),
        description=gettext_lazy("The memberships that stand or wait; those that lapsed are left out."),
        parameters=[MembershipQuery],
    )
    def list(self, request: Request, code: str) -> Response:
        return super().list(request)

    @extend_schema(
        summary=gettext_lazy("Ask to join an alliance"),
        description=gettext_lazy(
            "By the link that the alliance gave. It confirms, or has invited you: then you are a member at "
            "once. Owners and editors only."
        ),
        request=JoiningSerializer,
        responses={201: MembershipSerializer},
        examples=[
            OpenApiExample(
                "By its link", request_only=True, value={"link": "x9hQv1c2n3m4b5v6c7x8z9L0kJ1hG2fD"}
            )
        ],
    )
    @once
    def create(self, request: Request, code: str) -> Response:
        own = self.own()
        form = JoiningSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        return self.begun(own, membership_mail.ask(form.validated_data["link"], own, by=self.person))

    @extend_schema(summary=gettext_lazy("One of my organization's alliances"), description="")
    def retrieve(self, request: Request, code: str, alliance: str) -> Response:
        return self.told(self.get_object())

    @extend_schema(
        summary=gettext_lazy("Confirm or end a membership, as the member"),
        description=gettext_lazy(
            "`confirmed` accepts an invitation. `lapsed` declines it, takes a request back or leaves the "
            "alliance. Owners and editors only."
        ),
        request=MembershipChangeSerializer,
        responses=MembershipSerializer,
        examples=EXAMPLES,
    )
    @once
    def partial_update(self, request: Request, code: str, alliance: str) -> Response:
        return self.changed(request)
