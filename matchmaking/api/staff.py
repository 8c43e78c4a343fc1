"""The whole register, for programs of the staff: with a token that was made at the desk, by no session."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.http import Http404
from django.utils.translation import gettext_lazy
from drf_spectacular.utils import extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from alliances.models import Organization
from matchmaking.api.access import OwnRows
from matchmaking.api.authentication import WritesWithScope
from matchmaking.api.organizations import OrganizationQuery, OrganizationSerializer, narrowed
from matchmaking.services.tokens import TokenAccess


class SeesOrganizations(BasePermission):
    """A token of the staff whose person may view organizations at the desk; others find nothing here."""

    def has_permission(self, request: Request, view: Any) -> bool:
        access = request.auth
        if not (isinstance(access, TokenAccess) and access.is_of_staff):
            raise Http404
        if not request.user.has_perm("alliances.view_organization"):
            raise Http404
        return True


class StaffOrganizationSerializer(OrganizationSerializer):
    """An organization as the desk lists it: contacts are shown there alone, to who proved who they are."""

    class Meta(OrganizationSerializer.Meta):
        fields = [name for name in OrganizationSerializer.Meta.fields if name != "contact_email"]


class StaffOrganizations(ListModelMixin, OwnRows):
    """Every organization, in whatever state."""

    query = OrganizationQuery
    serializer_class = StaffOrganizationSerializer
    permission_classes = (IsAuthenticated, WritesWithScope, SeesOrganizations)
    lookup_field = "code"
    lookup_value_converter = "slug"
    queryset = Organization.objects.none()

    def get_queryset(self) -> models.QuerySet[Organization]:
        return narrowed(Organization.objects.visible_to(self.person), self.asked)

    @extend_schema(
        summary=gettext_lazy("Staff: the register"),
        description=gettext_lazy("With a token of the staff alone. Contacts are shown at the desk only."),
        parameters=[OrganizationQuery],
    )
    def list(self, request: Request) -> Response:
        return super().list(request)

    @extend_schema(summary=gettext_lazy("Staff: one organization"), description="")
    def retrieve(self, request: Request, code: str) -> Response:
        return self.told(self.get_object())
