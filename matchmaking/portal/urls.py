"""The pages of the site that are not the curation desk."""

from django.urls import URLPattern, path

app_name = "portal"
urlpatterns: list[URLPattern] = []
