"""Webhooks: what an organization's own programs are told of, looked after by its owners."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from allauth.core import ratelimit
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from alliances.enums import TeamRole
from alliances.models import Organization, User
from matchmaking.enums import OVER_STATES, WebhookEvent
from matchmaking.models import Webhook, WebhookDelivery
from matchmaking.portal.reader import reader
from matchmaking.services.webhooks import (
    delivery_replay,
    earlier_ends_at,
    webhook_add,
    webhook_change,
    webhook_delete,
    webhook_disable,
    webhook_enable,
    webhook_rotate,
)
from matchmaking.wording.webhooks import answer_words

PAGE_SIZE = 50


class WebhookForm(forms.Form):
    """Where to and of what a webhook tells. What is wrong with it, the service says."""

    url = forms.CharField(
        label=gettext_lazy("Address"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url", "placeholder": "https://"}),
    )
    events = forms.MultipleChoiceField(
        label=gettext_lazy("Events"),
        required=False,
        choices=WebhookEvent.choices,
        widget=forms.CheckboxSelectMultiple,
    )


class NewWebhookForm(WebhookForm):
    """A new webhook for one of the organizations that the person owns."""

    organization = forms.ModelChoiceField(
        label=gettext_lazy("Organization"), queryset=Organization.objects.none(), empty_label=None
    )
    field_order = ("organization", "url", "events")

    def __init__(self, *args: object, user: User) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.initial["events"] = WebhookEvent.values
        organization = self.fields["organization"]
        assert isinstance(organization, forms.ModelChoiceField)  # noqa: S101
        organization.to_field_name = "code"
        organization.queryset = Organization.objects.visible_to(user).filter(
            team_members__user=user, team_members__role=TeamRole.OWNER
        )
        self.organizations = list(organization.queryset)
        if len(self.organizations) == 1:
            organization.widget = forms.HiddenInput()
            organization.initial = self.organizations[0].code


@dataclass(frozen=True)
class DeliveryLine:
    """A delivery as its owner reads it."""

    delivery: WebhookDelivery
    answer: str

    @property
    def is_over(self) -> bool:
        return self.delivery.state in OVER_STATES


@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest) -> HttpResponse:
    """The webhooks of the organizations that the person owns. The secret of a new one is shown once, here."""
    user = reader(request)
    if request.method != "POST":
        return _list(request, user, NewWebhookForm(user=user))
    if refusal := _too_many(request):
        return refusal
    form = NewWebhookForm(request.POST, user=user)
    if not form.is_valid():
        return _list(request, user, form, status=400)
    stated = form.cleaned_data
    try:
        made = webhook_add(stated["organization"], url=stated["url"], events=stated["events"], by=user)
    except ValidationError as error:
        form.add_error(None, error)
        return _list(request, user, form, status=400)
    # Not after a redirect: between two requests it would have to be kept somewhere.
    return _list(request, user, NewWebhookForm(user=user), secret=made.secret, made=made.webhook)


def _list(
    request: HttpRequest,
    user: User,
    form: NewWebhookForm,
    *,
    secret: str = "",
    made: Webhook | None = None,
    status: int = 200,
) -> HttpResponse:
    context = {
        "form": form,
        "secret": secret,
        "made": made,
        "webhooks": Webhook.objects.visible_to(user).select_related("organization"),
    }
    return render(request, "portal/webhooks.html", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
def webhook(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One webhook with its deliveries; a POST changes one thing, or says why it does not."""
    user = reader(request)
    found = get_object_or_404(
        Webhook.objects.visible_to(user).select_related("organization"), public_id=public_id
    )
    if request.method != "POST":
        return _page(request, found)
    if refusal := _too_many(request):
        return refusal
    act = request.POST.get("act", "")
    if act == "change":
        return _change(request, found, user)
    if act == "rotate":
        return _rotate(request, found, user)
    if act not in ACTS:
        messages.error(request, _("Choose one of the buttons on this page."))
        return _page(request, found, status=400)
    try:
        messages.success(request, ACTS[act](found, request.POST, user))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _page(request, found, status=400)
    if act == "delete":
        return redirect("portal:webhooks")
    return redirect("portal:webhook", public_id=public_id)


def _too_many(request: HttpRequest) -> HttpResponse | None:
    """What is answered to more changes than a person may make in a minute, as over the API."""
    refusal: HttpResponse | None = ratelimit.consume_or_429(request, action="webhook")
    return refusal


def _rotate(request: HttpRequest, found: Webhook, user: User) -> HttpResponse:
    # The box says which secret ends: the same form sent again, as by a reload, does not mean the next one.
    end_earlier = request.POST.get("end_earlier", "") == _which_ends(found) != ""
    try:
        made = webhook_rotate(found, by=user, end_earlier=end_earlier)
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return _page(request, found, status=400)
    return _page(request, made.webhook, secret=made.secret)


def _which_ends(webhook: Webhook) -> str:
    """Which secret another replacement would end, by the time when it was replaced; empty where none."""
    return (
        str(int(webhook.replaced_at.timestamp())) if webhook.replaced_at and earlier_ends_at(webhook) else ""
    )


def _change(request: HttpRequest, found: Webhook, user: User) -> HttpResponse:
    form = WebhookForm(request.POST)
    if not form.is_valid():
        return _page(request, found, form=form, status=400)
    try:
        webhook_change(found, **form.cleaned_data, by=user)
    except ValidationError as error:
        form.add_error(None, error)
        return _page(request, found, form=form, status=400)
    messages.success(request, _("The changes are saved."))
    return redirect("portal:webhook", public_id=found.public_id)


# --- What the buttons do: each changes one thing and says so ---------------------------------------


def _disable(found: Webhook, _posted: QueryDict, user: User) -> str:
    webhook_disable(found, by=user)
    return _("The webhook is disabled. Nothing is sent there.")


def _enable(found: Webhook, _posted: QueryDict, user: User) -> str:
    webhook_enable(found, by=user)
    return _("The webhook is enabled.")


def _delete(found: Webhook, _posted: QueryDict, user: User) -> str:
    webhook_delete(found, by=user)
    return _("The webhook is deleted.")


def _replay(found: Webhook, posted: QueryDict, user: User) -> str:
    try:
        event_id = uuid.UUID(posted.get("delivery", ""))
    except ValueError as error:
        raise Http404 from error
    delivery_replay(get_object_or_404(found.deliveries.select_related("webhook"), event_id=event_id), by=user)
    return _("The event is sent again.")


ACTS: Mapping[str, Callable[[Webhook, QueryDict, User], str]] = {
    "disable": _disable,
    "enable": _enable,
    "delete": _delete,
    "replay": _replay,
}


def _page(
    request: HttpRequest,
    found: Webhook,
    *,
    form: WebhookForm | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    page = Paginator(found.deliveries.defer("body"), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "webhook": found,
        "events": [WebhookEvent(event).label for event in found.events],
        "form": form or WebhookForm(initial={"url": found.url, "events": found.events}),
        "secret": secret,
        "earlier_ends_at": earlier_ends_at(found),
        "which_ends": _which_ends(found),
        "contact": settings.CONTACT_EMAIL,
        "page": page,
        "lines": [DeliveryLine(one, answer_words(one)) for one in page],
    }
    return render(request, "portal/webhook.html", context, status=status)
