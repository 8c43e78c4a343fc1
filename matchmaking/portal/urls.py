"""The pages of the site that are not the curation desk."""

from django.conf import settings
from django.urls import URLPattern, path

from matchmaking.portal import (
    answers,
    areas,
    bridges,
    claims,
    compare,
    consents,
    dashboard,
    demo,
    disclosure,
    health,
    how_it_works,
    introductions,
    invitations,
    mailbox,
    memberships,
    organization,
    recommendations,
    shortlist,
    team,
    tokens,
    unsubscribe,
    views,
    webhooks,
)
from matchmaking.portal.alliance import join, member_file, members, report
from matchmaking.portal.alliance import recommendations as alliance_recommendations
from matchmaking.portal.alliance import topics as alliance_topics
from matchmaking.portal.directory import pages as directory
from matchmaking.portal.registration import start, steps, topics

app_name = "portal"
urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("areas/<slug:slug>/", areas.area, name="area"),
    path("topics/<slug:slug>/", areas.topic, name="topic"),
    path("how-it-works/", how_it_works.how_it_works, name="how_it_works"),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("recommendations/", recommendations.recommendations, name="recommendations"),
    path("recommendations/compare/", compare.compare, name="compare"),
    path("recommendations/<uuid:public_id>/", recommendations.recommendation, name="recommendation"),
    path("recommendations/<uuid:public_id>/answer/", answers.answer_view, name="answer"),
    path("recommendations/<uuid:public_id>/name/", disclosure.name, name="name"),
    path("recommendations/<uuid:public_id>/save/", shortlist.save, name="save"),
    path("recommendations/<uuid:public_id>/notes/", shortlist.notes, name="notes"),
    path("bridges/", bridges.bridges, name="bridges"),
    path("bridges/<slug:code>/", bridges.bridges, name="bridges_of"),
    path("consents/", consents.consents, name="consents"),
    path("introductions/", introductions.introductions, name="introductions"),
    path("introductions/<uuid:public_id>/", introductions.introduction, name="introduction"),
    path("directory/", directory.directory, name="directory"),
    path("directory/<slug:code>/", directory.directory_entry, name="directory_entry"),
    path("home/", dashboard.dashboard, name="dashboard"),
    path("register/", start.register, name="register"),
    path("organization/", organization.organization, name="organization"),
    path("organization/tokens/", tokens.tokens, name="tokens"),
    path("organization/webhooks/", webhooks.webhooks, name="webhooks"),
    path("organization/webhooks/<uuid:public_id>/", webhooks.webhook, name="webhook"),
    path("organization/<slug:code>/profile/<slug:step>/", steps.profile, name="profile"),
    path("organization/<slug:code>/need/<slug:slug>/", topics.statement, {"side": "need"}, name="need"),
    path("organization/<slug:code>/offer/<slug:slug>/", topics.statement, {"side": "offer"}, name="offer"),
    path("organization/<slug:code>/confirm/", steps.confirm, name="confirm"),
    path("organization/<slug:code>/withdraw/", steps.withdraw, name="withdraw"),
    path("organization/<slug:code>/discard/", steps.discard, name="discard"),
    path("organization/invitations/", invitations.invitations, name="invitations"),
    path("organization/claim/", claims.claim, name="claim_by_voucher"),
    path("organization/<slug:code>/", organization.organization, name="organization_of"),
    path("organization/<slug:code>/team/", team.team, name="team"),
    path("organization/<slug:code>/claim/", claims.claim, name="claim"),
    path("organization/<slug:code>/alliances/", memberships.memberships, name="memberships"),
    path("alliance/<slug:code>/", members.members, name="alliance"),
    path("alliance/<slug:code>/topics/", alliance_topics.topics, name="alliance_topics"),
    path(
        "alliance/<slug:code>/recommendations/",
        alliance_recommendations.recommendations,
        name="alliance_recommendations",
    ),
    path("alliance/<slug:code>/report/", report.report, name="alliance_report"),
    path("alliance/<slug:code>/report.csv", report.report_csv, name="alliance_report_csv"),
    path("alliance/<slug:code>/file/", member_file.upload, name="alliance_upload"),
    path("alliance/<slug:code>/file/<slug:digest>/", member_file.check, name="alliance_file"),
    path("join/<str:token>/", join.join, name="join"),
    path("unsubscribe/<str:token>", unsubscribe.unsubscribe_page, name="unsubscribe"),
]
if settings.DEMO:
    urlpatterns += [
        path("demo/sign-in/", demo.sign_in, name="demo_sign_in"),
        path("mailbox/", mailbox.mailbox, name="mailbox"),
        path("mailbox/<str:name>/", mailbox.message, name="mailbox_message"),
        path("mailbox/<str:name>/html/", mailbox.message_html, name="mailbox_html"),
    ]
