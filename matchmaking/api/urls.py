"""The addresses of version 1."""

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from matchmaking.api.alliances import Agencies, Alliances
from matchmaking.api.directory import Directory
from matchmaking.api.exports import AllianceReport, IntroductionsExport, RecommendationsExport
from matchmaking.api.introductions import Introductions
from matchmaking.api.members import Members, Memberships
from matchmaking.api.organizations import Organizations
from matchmaking.api.recommendations import Recommendations
from matchmaking.api.schema import Docs, Schema
from matchmaking.api.sponsoring import MemberRecommendations
from matchmaking.api.staff import StaffOrganizations
from matchmaking.api.stated import Needs, Offers
from matchmaking.api.topics import Topics

app_name = "api"
router = SimpleRouter(use_regex_path=False)
router.register("topics", Topics, basename="topic")
router.register("organizations", Organizations, basename="organization")
router.register("organizations/<slug:code>/needs", Needs, basename="need")
router.register("organizations/<slug:code>/offers", Offers, basename="offer")
router.register("organizations/<slug:code>/alliances", Memberships, basename="membership")
router.register("recommendations", Recommendations, basename="recommendation")
router.register("staff/organizations", StaffOrganizations, basename="staff-organization")
router.register("directory", Directory, basename="directory")
router.register("alliances", Alliances, basename="alliance")
router.register("alliances/<slug:code>/members", Members, basename="member")
router.register(
    "alliances/<slug:code>/recommendations", MemberRecommendations, basename="member-recommendation"
)
router.register("agencies", Agencies, basename="agency")
router.register("exports/recommendations", RecommendationsExport, basename="recommendations-export")
router.register("exports/introductions", IntroductionsExport, basename="introductions-export")
router.register("exports/alliances/<slug:code>/report", AllianceReport, basename="alliance-report")
router.register("introductions", Introductions, basename="introduction")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(), name="docs"),
    path("", include(router.urls)),
]
