"""API tokens at the desk: all are listed and revoked, those of the staff are made and replaced."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from alliances.admin.base import ReadOnlyAdmin, curator, report_outcome
from alliances.models.account import named
from matchmaking.enums import TokenScope
from matchmaking.models import ApiToken
from matchmaking.models.token import STAFF_SCOPES
from matchmaking.services.tokens import Issued, staff_token_issue, token_revoke, token_rotate
from matchmaking.wording.tokens import LIVES, life_choices

MINE = _("My staff tokens")
STATES = {"live": _("in use"), "revoked": _("revoked"), "ended": _("ended")}


class StaffTokenForm(forms.Form):
    """A new token that acts at the desk for whoever makes it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=ApiToken._meta.get_field("name").max_length,
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    scope = forms.ChoiceField(
        label=_("Scope"),
        choices=[(scope.value, scope.label) for scope in STAFF_SCOPES],
        widget=UnfoldAdminSelectWidget,
    )
    days = forms.TypedChoiceField(
        label=_("Ends after"),
        choices=life_choices,
        coerce=int,
        initial=LIVES[0],
        widget=UnfoldAdminSelectWidget,
    )


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    list_display = [
        *("name", "key_id", "scope", "organization", "person", "shown_state"),
        *("created_at", "expires_at", "last_used_at"),
    ]
    list_filter = ["scope"]
    list_select_related = ["organization", "user"]
    search_fields = ["key_id", "organization__code", "name"]
    search_help_text = _("A token’s id or name, or an organization’s code.")
    fields = [
        *("name", "key_id", "scope", "organization", "person", "shown_state", "created_at"),
        *("expires_at", "last_used_at", "revoked_at", "replaced_by"),
    ]
    actions = ["revoke"]
    actions_list = ["my_tokens"]

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        # Tokens are revoked from the list; nothing else of them changes.
        return obj is None and curator(request).has_perm("matchmaking.change_apitoken")

    def has_make_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        # Not named in the button itself: the theme would look for it in the database before there is one.
        return curator(request).has_perm("matchmaking.add_apitoken")

    def get_urls(self) -> list[URLPattern]:
        mine = self.admin_site.admin_view(self.mine_view)
        return [path("mine/", mine, name="matchmaking_apitoken_mine"), *super().get_urls()]

    @display(description=_("person"))
    def person(self, token: ApiToken) -> str:
        return named(token.user)

    @display(
        description=_("state"),
        label={STATES["live"]: "success", STATES["revoked"]: "danger", STATES["ended"]: "info"},
    )
    def shown_state(self, token: ApiToken) -> object:
        if token.revoked_at:
            return STATES["revoked"]
        return STATES["live" if token.expires_at > timezone.now() else "ended"]

    @admin.action(description=_("Revoke"), permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiToken]) -> None:
        live = queryset.filter(revoked_at=None)
        for token in live:
            token_revoke(token, by=curator(request))
        report_outcome(request, len(live), [])

    @action(description=MINE, permissions=["make"], icon="key")
    def my_tokens(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:matchmaking_apitoken_mine")

    def mine_view(self, request: HttpRequest) -> HttpResponse:
        """The person's own, a form for another; a new one is shown once, here."""
        if not self.has_make_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._page(request, StaffTokenForm())
        form = StaffTokenForm() if "replace" in request.POST else StaffTokenForm(request.POST)
        try:
            if "replace" in request.POST:
                issued = self._replaced(request)
            elif form.is_valid():
                stated = form.cleaned_data
                issued = staff_token_issue(
                    name=stated["name"],
                    scope=TokenScope(stated["scope"]),
                    days=stated["days"],
                    by=curator(request),
                )
            else:
                return self._page(request, form, status=400)
        except ValidationError as error:
            return self._page(request, form, problems=error.messages, status=400)
        return self._page(request, StaffTokenForm(), new=issued.words)

    def _replaced(self, request: HttpRequest) -> Issued:
        key_id = request.POST["replace"]
        found = next((one for one in self._own(request) if one.key_id == key_id), None)
        if found is None:
            raise Http404
        return token_rotate(found, by=curator(request))

    def _own(self, request: HttpRequest) -> QuerySet[ApiToken]:
        return ApiToken.objects.live().filter(user=curator(request), organization=None)

    def _page(
        self,
        request: HttpRequest,
        form: StaffTokenForm,
        *,
        new: str = "",
        problems: list[str] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": MINE,
            "form": form,
            "new": new,
            "problems": problems,
            "tokens": self._own(request),
        }
        return TemplateResponse(request, "admin/matchmaking/my_tokens.html", context, status=status)
