"""Every address of the site."""

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from django.views.generic import RedirectView

from matchmaking.portal import errors
from matchmaking.portal.language import set_language

# The desk has no sign-in page of its own: limits and the second factor would not hold there.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

urlpatterns: list[URLPattern | URLResolver] = [
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
    path("accounts/", include("matchmaking.portal.accounts.urls")),
    path("i18n/setlang/", set_language, name="set_language"),
    path("api/v1/", include("matchmaking.api.urls")),
    path("", include("matchmaking.portal.urls")),
]

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler429 = errors.too_many_requests
handler500 = errors.server_error
