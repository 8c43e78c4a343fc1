"""The addresses of version 1."""

from django.urls import URLPattern, URLResolver, include, path
from rest_framework.routers import SimpleRouter

from matchmaking.api.alliances import Agencies, Alliances
from matchmaking.api.directory import Directory
from matchmaking.api.exports import AllianceReport, IntroductionsExport, RecommendationsExport
from matchmaking.api.first_match import FirstMatch
from matchmaking.api.introductions import Introductions
from matchmaking.api.members import Members, Memberships
from matchmaking.api.organizations import Organizations
from matchmaking.api.recommendations import Recommendations
from matchmaking.api.schema import Docs, Schema
from matchmaking.api.sponsoring import MemberRecommendations
from matchmaking.api.staff.imports import Imports
from matchmaking.api.staff.jurisdiction import Jurisdiction
from matchmaking.api.staff.organizations import StaffOrganizations
from matchmaking.api.staff.policies import Policies
from matchmaking.api.staff.runs import Runs
from matchmaking.api.staff.screening import Screening, ScreeningLists
from matchmaking.api.stated import Needs, Offers
from matchmaking.api.topics import Topics
from matchmaking.api.webhooks import Deliveries, Webhooks

app_name = "api"
router = SimpleRouter(use_regex_path=False)
router.register("topics", Topics, basename="topic")
router.register("organizations", Organizations, basename="organization")
router.register("organizations/<slug:code>/needs", Needs, basename="need")
router.register("organizations/<slug:code>/offers", Offers, basename="offer")
router.register("organizations/<slug:code>/alliances", Memberships, basename="membership")
router.register("recommendations", Recommendations, basename="recommendation")
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
router.register("webhooks", Webhooks, basename="webhook")
router.register("webhooks/<uuid:public_id>/deliveries", Deliveries, basename="delivery")
# For programs of the staff.
router.register("staff/organizations", StaffOrganizations, basename="staff-organization")
router.register("staff/runs", Runs, basename="staff-run")
router.register("staff/policies", Policies, basename="staff-policy")
router.register("staff/screening", Screening, basename="staff-screening")
router.register("staff/screening/lists", ScreeningLists, basename="staff-screening-list")
router.register("staff/jurisdiction", Jurisdiction, basename="staff-jurisdiction")
router.register("staff/imports", Imports, basename="staff-import")

urlpatterns: list[URLPattern | URLResolver] = [
    path("schema/", Schema.as_view(), name="schema"),
    path("docs/", Docs.as_view(), name="docs"),
    path("docs/first-match/", FirstMatch.as_view(), name="first-match"),
    path("", include(router.urls)),
]
