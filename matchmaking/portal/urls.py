"""The pages of the site that are not the curation desk."""

from django.urls import URLPattern, path

from matchmaking.portal import unsubscribe, views

app_name = "portal"
urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
    path("health/live", views.live, name="live"),
    path("unsubscribe/<str:token>", unsubscribe.unsubscribe_page, name="unsubscribe"),
]
