"""The pages of the site that are not the curation desk."""

from django.conf import settings
from django.urls import URLPattern, path

from matchmaking.portal import (
    answers,
    claims,
    consents,
    demo,
    health,
    introductions,
    invitations,
    mailbox,
    organization,
    recommendations,
    team,
    tokens,
    unsubscribe,
    views,
)

app_name = "portal"
urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("health/live", health.live, name="live"),
    path("health/ready", health.ready, name="ready"),
    path("recommendations/", recommendations.recommendations, name="recommendations"),
    path("recommendations/<uuid:public_id>/", recommendations.recommendation, name="recommendation"),
    path("recommendations/<uuid:public_id>/answer/", answers.answer_view, name="answer"),
    path("consents/", consents.consents, name="consents"),
    path("introductions/", introductions.introductions, name="introductions"),
    path("introductions/<uuid:public_id>/", introductions.introduction, name="introduction"),
    path("organization/", organization.organization, name="organization"),
    path("organization/tokens/", tokens.tokens, name="tokens"),
    path("organization/invitations/", invitations.invitations, name="invitations"),
    path("organization/claim/", claims.claim, name="claim_by_voucher"),
    path("organization/<slug:code>/", organization.organization, name="organization_of"),
    path("organization/<slug:code>/team/", team.team, name="team"),
    path("organization/<slug:code>/claim/", claims.claim, name="claim"),
    path("unsubscribe/<str:token>", unsubscribe.unsubscribe_page, name="unsubscribe"),
]
if settings.DEMO:
    urlpatterns += [
        path("demo/sign-in/", demo.sign_in, name="demo_sign_in"),
        path("mailbox/", mailbox.mailbox, name="mailbox"),
        path("mailbox/<str:name>/", mailbox.message, name="mailbox_message"),
        path("mailbox/<str:name>/html/", mailbox.message_html, name="mailbox_html"),
    ]
