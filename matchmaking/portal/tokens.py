"""API tokens: made, listed, replaced and revoked by the people of a team."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from alliances.models import Organization, User
from matchmaking.enums import TokenScope
from matchmaking.models import ApiToken
from matchmaking.models.token import TEAM_SCOPES
from matchmaking.portal.reader import reader
from matchmaking.selectors.introductions import CONTACT_ROLES
from matchmaking.services.tokens import token_issue, token_revoke, token_rotate
from matchmaking.wording.tokens import LIVES, life_choices


class TokenForm(forms.Form):
    """A new token for one of the organizations in which the person may write."""

    organization = forms.ModelChoiceField(
        label=gettext_lazy("Organization"), queryset=Organization.objects.none(), empty_label=None
    )
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=ApiToken._meta.get_field("name").max_length,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    scope = forms.ChoiceField(
        label=gettext_lazy("Scope"), choices=[(scope.value, scope.label) for scope in TEAM_SCOPES]
    )
    days = forms.TypedChoiceField(
        label=gettext_lazy("Ends after"), choices=life_choices, coerce=int, initial=LIVES[1]
    )

    def __init__(self, *args: object, user: User) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        organization = self.fields["organization"]
        assert isinstance(organization, forms.ModelChoiceField)  # noqa: S101
        organization.to_field_name = "code"
        organization.queryset = Organization.objects.visible_to(user).filter(
            team_members__user=user, team_members__role__in=CONTACT_ROLES
        )

    @property
    def organizations(self) -> list[Organization]:
        """Those to choose from."""
        field = self.fields["organization"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101
        return list(field.queryset or ())


@require_http_methods(["GET", "HEAD", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """The person's tokens, and as an owner everybody's of the organization. A new one is shown once, here."""
    user = reader(request)
    if "revoke" in request.POST:
        return _revoke(request, user)
    if "replace" in request.POST:
        return _replace(request, user)
    if request.method != "POST":
        return _page(request, user, TokenForm(user=user))
    form = TokenForm(request.POST, user=user)
    if not form.is_valid():
        return _page(request, user, form, status=400)
    stated = form.cleaned_data
    try:
        issued = token_issue(
            stated["organization"],
            name=stated["name"],
            scope=TokenScope(stated["scope"]),
            days=stated["days"],
            by=user,
        )
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, user, form, status=400)
    # Not after a redirect: between two requests it would have to be kept somewhere.
    return _page(request, user, TokenForm(user=user), new=issued.words)


def _revoke(request: HttpRequest, user: User) -> HttpResponse:
    found = _named(user, request.POST["revoke"])
    token_revoke(found, by=user)
    messages.success(
        request, _("The token “%(name)s” is revoked. It opens nothing any more.") % {"name": found.name}
    )
    return redirect("portal:tokens")


def _replace(request: HttpRequest, user: User) -> HttpResponse:
    form = TokenForm(user=user)
    try:
        issued = token_rotate(_named(user, request.POST["replace"]), by=user)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _page(request, user, form, status=400)
    return _page(request, user, form, new=issued.words)


def _named(user: User, key_id: str) -> ApiToken:
    found = next((one for one in ApiToken.objects.visible_to(user) if one.key_id == key_id), None)
    if found is None:
        raise Http404
    return found


def _page(
    request: HttpRequest, user: User, form: TokenForm, *, new: str = "", status: int = 200
) -> HttpResponse:
    rows = ApiToken.objects.visible_to(user).live().select_related("organization", "user")
    context = {"form": form, "new": new, "tokens": rows}
    return render(request, "portal/tokens.html", context, status=status)
