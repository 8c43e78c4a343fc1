"""The addresses of version 1."""

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from matchmaking.api.introductions import Introductions
from matchmaking.api.organizations import Organizations
from matchmaking.api.recommendations import Recommendations
from matchmaking.api.schema import Docs, Schema
from matchmaking.api.staff import StaffOrganizations
from matchmaking.api.stated import Needs, Offers
from matchmaking.api.topics import Topics
from matchmaking.api.webhooks import Deliveries, Webhooks

app_name = "api"
router = SimpleRouter(use_regex_path=False)
router.register("topics", Topics, basename="topic")
router.register("organizations", Organizations, basename="organization")
router.register("organizations/<slug:code>/needs", Needs, basename="need")
router.register("organizations/<slug:code>/offers", Offers, basename="offer")
router.register("recommendations", Recommendations, basename="recommendation")
router.register("staff/organizations", StaffOrganizations, basename="staff-organization")
router.register("introductions", Introductions, basename="introduction")
router.register("webhooks", Webhooks, basename="webhook")
router.register("webhooks/<uuid:public_id>/deliveries", Deliveries, basename="delivery")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(), name="docs"),
    path("", include(router.urls)),
]
