"""The team of the reader's organization: who is in it, who may do what, who is on the way in."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from alliances.enums import InvitationState, OrganizationState, TeamRole
from alliances.models import Organization, TeamClaim, TeamInvitation, TeamMember, User
from alliances.models.team import REASON_LENGTH, TeamClaimQuerySet
from alliances.services.invitations import team_invitation_withdraw
from matchmaking.portal.reader import reader
from matchmaking.portal.rows import chosen
from matchmaking.selectors.introductions import has_contact
from matchmaking.services import team_mail

LEAVE = "leave"
# What somebody who hands over may be from then on.
AFTERWARDS = [
    (TeamRole.EDITOR, gettext_lazy("I stay as an editor")),
    (TeamRole.VIEWER, gettext_lazy("I stay as a viewer")),
    (LEAVE, gettext_lazy("I leave the team")),
]
# What each role lets a person do.
ROLE_WORDS = [
    (TeamRole.OWNER.label, gettext_lazy("looks after the team, answers recommendations, can be a contact")),
    (TeamRole.EDITOR.label, gettext_lazy("answers recommendations, can be a contact")),
    (TeamRole.VIEWER.label, gettext_lazy("reads along")),
]


class InviteForm(forms.Form):
    """Whom to invite. What is wrong with it, the service says."""

    email = forms.CharField(
        label=gettext_lazy("Email"),
        widget=forms.TextInput(attrs={"type": "email", "autocomplete": "off", "maxlength": 254}),
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=TeamRole, initial=TeamRole.VIEWER)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the invitation"),
        choices=User._meta.get_field("language").flatchoices,
        help_text=gettext_lazy("Whoever has an account is written to in their own."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def team(request: HttpRequest, code: str) -> HttpResponse:
    """The team of an organization of the reader's; a POST changes one thing, or says why it does not."""
    place = _own_place(reader(request), code)
    if request.method != "POST":
        return _page(request, place)
    act = request.POST.get("act", "")
    if act == "invite":
        return _invite(request, place)
    if act not in ACTS:
        messages.error(request, _("Choose one of the buttons on this page."))
        return _page(request, place, status=400)
    try:
        messages.success(request, ACTS[act](place, request.POST))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _page(request, place, status=400)
    if TeamMember.objects.filter(pk=place.pk).exists():
        return redirect("portal:team", code=code)
    return redirect("portal:organization")


def _own_place(user: User, code: str) -> TeamMember:
    """The reader's place in the team of this organization; Http404 where they have none."""
    return get_object_or_404(
        TeamMember.objects.select_related("organization", "user"),
        user=user,
        organization__in=Organization.objects.visible_to(user).filter(code=code),
    )


def _invite(request: HttpRequest, place: TeamMember) -> HttpResponse:
    form = InviteForm(request.POST)
    if not form.is_valid():
        return _page(request, place, form=form, status=400)
    stated = form.cleaned_data
    try:
        made = team_mail.invite(place.organization, **stated, by=place.user)
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, place, form=form, status=400)
    messages.success(
        request,
        _("An invitation is on its way to %(email)s. It is open for 14 days.") % {"email": made.email},
    )
    return redirect("portal:team", code=place.organization.code)


# --- What the buttons do: each changes one thing and says so ---------------------------------------


def _set_role(place: TeamMember, posted: QueryDict) -> str:
    member = chosen(_members(place), posted.get("member"))
    changed = team_mail.role_set(member, posted.get("role", ""), by=place.user)
    return _("%(name)s is now: %(role)s.") % {
        "name": changed.user.get_short_name(),
        "role": changed.get_role_display(),
    }


def _remove(place: TeamMember, posted: QueryDict) -> str:
    member = chosen(_members(place), posted.get("member"))
    team_mail.remove(member, by=place.user)
    return _("%(name)s is no longer in the team.") % {"name": member.user.get_short_name()}


def _leave(place: TeamMember, posted: QueryDict) -> str:
    team_mail.remove(place, by=place.user)
    return _("You have left the team of %(name)s.") % {"name": place.organization.name}


def _hand_over(place: TeamMember, posted: QueryDict) -> str:
    heir = chosen(_members(place), posted.get("member"))
    then = posted.get("then", "")
    if then not in dict(AFTERWARDS):
        raise ValidationError(_("Choose what you are once somebody else is the owner."))
    team_mail.hand_over(place, heir, then=None if then == LEAVE else TeamRole(then), by=place.user)
    return _("Ownership is handed over to %(name)s.") % {"name": heir.user.get_short_name()}


def _withdraw(place: TeamMember, posted: QueryDict) -> str:
    rows = TeamInvitation.objects.visible_to(place.user).filter(organization=place.organization_id)
    invitation = chosen(rows, posted.get("invitation"))
    team_invitation_withdraw(invitation, actor=place.user)
    return _("The invitation to %(email)s is withdrawn.") % {"email": invitation.email}


def _grant(place: TeamMember, posted: QueryDict) -> str:
    claim = chosen(_claims(place), posted.get("claim"))
    member = team_mail.grant(claim, role=posted.get("role", ""), by=place.user)
    return _("%(name)s is in the team.") % {"name": member.user.get_short_name()}


def _refuse(place: TeamMember, posted: QueryDict) -> str:
    claim = chosen(_claims(place), posted.get("claim"))
    team_mail.refuse(claim, reason=posted.get("reason", ""), by=place.user)
    return _("The request of %(name)s is refused.") % {"name": claim.user.get_short_name()}


ACTS: Mapping[str, Callable[[TeamMember, QueryDict], str]] = {
    "role": _set_role,
    "remove": _remove,
    "leave": _leave,
    "hand_over": _hand_over,
    "withdraw": _withdraw,
    "grant": _grant,
    "refuse": _refuse,
}


def _members(place: TeamMember) -> QuerySet[TeamMember]:
    return place.organization.team_members.select_related("user", "organization").order_by("pk")


def _claims(place: TeamMember) -> TeamClaimQuerySet:
    """The requests on which the reader may decide, also those decided in the meantime."""
    seen = TeamClaim.objects.visible_to(place.user).filter(organization=place.organization_id)
    return seen.select_related("user", "organization").order_by("pk")


def _page(
    request: HttpRequest, place: TeamMember, *, form: InviteForm | None = None, status: int = 200
) -> HttpResponse:
    organization, user = place.organization, place.user
    members = list(_members(place))
    others = [one for one in members if one.user_id != user.pk and one.user.is_active]
    is_owner = place.role == TeamRole.OWNER
    approved = organization.state == OrganizationState.APPROVED
    may_leave = (
        not is_owner
        or organization.state == OrganizationState.DRAFT
        or any(one.role == TeamRole.OWNER for one in others)
    )
    pending = TeamInvitation.objects.visible_to(user).filter(
        organization=organization, state=InvitationState.PENDING
    )
    context = {
        "organization": organization,
        "members": members,
        "is_owner": is_owner,
        "may_leave": may_leave,
        "heirs": others if is_owner else [],
        "afterwards": AFTERWARDS,
        "roles": TeamRole.choices,
        "role_words": ROLE_WORDS,
        "claims": list(_claims(place).waiting()) if is_owner and approved else [],
        "invitations": list(pending.order_by("pk")) if is_owner else [],
        "nobody_agreed": approved and not has_contact(organization),
        "form": form or InviteForm(initial={"language": user.language}),
        "reason_length": REASON_LENGTH,
    }
    return render(request, "portal/team.html", context, status=status)
