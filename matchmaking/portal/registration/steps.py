"""The steps of a profile: each is saved when one goes on, and may be opened again at any time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from alliances.enums import ConsentPurpose, Country, Kind, OrganizationState
from alliances.forms import show_refusal
from alliances.models import Organization, User
from alliances.selectors import has_consent
from alliances.services import review
from alliances.services.register import may_edit
from alliances.services.registration import Missing, Step, draft_discard, hand_in, missing, profile_confirm
from matchmaking.portal.consents import TEXTS
from matchmaking.portal.facts import STANDING, need_lines, offer_lines, own_facts, stated_facts
from matchmaking.portal.posted import posted_from
from matchmaking.portal.reader import reader
from matchmaking.portal.registration.forms import (
    AllianceForm,
    FirmForm,
    NameForm,
    OrganizationForm,
    PersonForm,
    PlaceForm,
    PreferencesForm,
)
from matchmaking.portal.registration.onward import go_on
from matchmaking.portal.registration.topics import topics_step
from matchmaking.services.consents import consent_set
from matchmaking.wording import place_line

LABELS = {
    Step.ORGANIZATION: gettext_lazy("Organization"),
    Step.PLACE: gettext_lazy("Place and size"),
    Step.TOPICS: gettext_lazy("Needs and offers"),
    Step.PREFERENCES: gettext_lazy("Preferences"),
    Step.CONSENTS: gettext_lazy("Consents"),
    Step.CHECK: gettext_lazy("Check and submit"),
}
HEADINGS = {
    Step.ORGANIZATION: gettext_lazy("Who are you?"),
    Step.PLACE: gettext_lazy("Where are you, and how large?"),
    Step.TOPICS: gettext_lazy("What do you need, and what do you offer?"),
    Step.PREFERENCES: gettext_lazy("How do you like to work with others?"),
    Step.CONSENTS: gettext_lazy("What do you agree to?"),
    Step.CHECK: gettext_lazy("Read it once more, then hand it in"),
}
UNDER_WAY = (OrganizationState.DRAFT, OrganizationState.CHANGES_REQUESTED)


@dataclass(frozen=True)
class Mark:
    """A step as the head of the page shows it."""

    step: Step
    label: str
    is_now: bool
    is_done: bool


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest, code: str, step: str) -> HttpResponse:
    """One step of the profile of an organization whose owner or editor reads it."""
    organization = _own(request, code)
    try:
        now = Step(step)
    except ValueError:
        raise Http404 from None
    match now:
        case Step.TOPICS:
            return topics_step(request, organization, frame(request, organization, now))
        case Step.CONSENTS:
            return _consents(request, organization)
        case Step.CHECK:
            return _check(request, organization)
    return _forms(request, organization, now)


def _own(request: HttpRequest, code: str) -> Organization:
    user = reader(request)
    found = Organization.objects.visible_to(user).filter(code=code, team_members__user=user).first()
    if found is None:
        raise Http404
    if not may_edit(user, found):
        raise PermissionDenied
    return found


def frame(request: HttpRequest, organization: Organization, now: Step) -> dict[str, Any]:
    """What every step shows: the organization, the steps and where one goes on."""
    lacking = missing(organization, by=reader(request))
    open_steps = {one.step for one in lacking}
    steps = list(Step)
    at = steps.index(now)
    return {
        "organization": organization,
        "under_way": organization.state in UNDER_WAY,
        "step": now,
        "heading": HEADINGS[now],
        "marks": [
            Mark(step, str(LABELS[step]), step is now, step not in open_steps and step != Step.CHECK)
            for step in steps
        ],
        "lacking": [one for one in lacking if one.step is now],
        "back": steps[at - 1] if at else None,
        "standing": STANDING[OrganizationState(organization.state)],
    }


def _forms(request: HttpRequest, organization: Organization, now: Step) -> HttpResponse:
    data = request.POST if request.method == "POST" else None
    forms = _forms_of(now, organization, reader(request), data)
    # Every form is asked, so that all that is wrong is said at once.
    faults = [form for form in forms if data is not None and not form.is_valid()]
    if data is not None and not faults and _save(forms, reader(request)):
        return go_on(organization, now, request)
    context = {**frame(request, organization, now), "forms": forms}
    return render(request, "portal/registration/forms.html", context, status=200 if data is None else 400)


def _forms_of(now: Step, organization: Organization, user: User, data: Any) -> Sequence[Any]:
    match now:
        case Step.ORGANIZATION:
            person: list[Any] = (
                [PersonForm(data, prefix="you", initial={"name": user.name})]
                if not user.name or "you-name" in (data or {})
                else []
            )
            forms = [*person, OrganizationForm(data, instance=organization)]
            if organization.kind == Kind.FIRM:
                forms.append(FirmForm(organization, data, prefix="details"))
            if organization.kind == Kind.ALLIANCE:
                forms.append(AllianceForm(organization, data, prefix="details"))
            return forms
        case Step.PLACE:
            return [PlaceForm(data, instance=organization)]
        case _:
            return [
                PreferencesForm(data, instance=organization),
                NameForm(organization, data, prefix="others"),
            ]


def _save(forms: Sequence[Any], user: User) -> bool:
    """Save all forms or none. Whether they are saved; what was refused stands on its form."""
    at = forms[0]
    try:
        with transaction.atomic():
            for at in forms:
                at.save_step(user)
    except ValidationError as error:
        show_refusal(at, error)
        return False
    return True


@dataclass(frozen=True)
class Question:
    """One consent of the step: a purpose, its text, whether it is given, and whether it must be."""

    purpose: ConsentPurpose
    title: str
    text: str
    granted: bool
    required: bool


TERMS = (
    gettext_lazy("Taking part"),
    gettext_lazy(
        "We keep what you state, compare it with what others state, and show your organization’s name and "
        "profile, or if you prefer a description without name, to those whom it fits. A computer ranks and "
        "shows its reasons; our staff set the rules of what goes out. You may withdraw at any time. Nothing "
        "you say here commits you to a partnership."
    ),
)


def _questions(organization: Organization, user: User) -> list[Question]:
    purposes = [ConsentPurpose.ACCOUNT, ConsentPurpose.DIGEST, ConsentPurpose.INTRODUCTION]
    if organization.country == Country.CN:
        purposes.append(ConsentPurpose.CROSS_BORDER)
    texts = {ConsentPurpose.ACCOUNT: TERMS, **TEXTS}
    return [
        Question(
            purpose,
            str(texts[purpose][0]),
            str(texts[purpose][1]),
            has_consent(user, purpose),
            purpose == ConsentPurpose.ACCOUNT,
        )
        for purpose in purposes
    ]


def _consents(request: HttpRequest, organization: Organization) -> HttpResponse:
    """Each purpose apart; nothing is ticked beforehand, and only the first is needed to take part."""
    user, error = reader(request), ""
    questions = _questions(organization, user)
    if request.method == "POST":
        given = {question.purpose for question in questions if question.purpose in request.POST}
        terms = next(question for question in questions if question.required)
        if not terms.granted and terms.purpose not in given:
            error = _(
                "Agree to taking part, or leave the registration: without it we may not keep a profile."
            )
            questions = [replace(question, granted=question.purpose in given) for question in questions]
        else:
            with transaction.atomic():
                for question in questions:
                    wanted = question.purpose in given or (question.required and question.granted)
                    if wanted != question.granted:
                        consent_set(user, question.purpose, wanted, channel="registration")
            return go_on(organization, Step.CONSENTS, request)
    context = {**frame(request, organization, Step.CONSENTS), "questions": questions, "error": error}
    return render(request, "portal/registration/consents.html", context, status=400 if error else 200)


def _check(request: HttpRequest, organization: Organization) -> HttpResponse:
    """The whole profile and what it lacks; on POST it is handed in."""
    user = reader(request)
    refused: list[str] = []
    status = 200
    if request.method == "POST":
        try:
            hand_in(organization, actor=user)
        except ValidationError as error:
            refused, status = error.messages, 400
        except review.TransitionError as error:
            refused, status = [str(error)], 409
        else:
            messages.success(request, _("Handed in. Our staff read it and write to you."))
            return redirect("portal:organization_of", code=organization.code)
    lacking: list[Missing] = missing(organization, by=user)
    context = {
        **frame(request, organization, Step.CHECK),
        "place": place_line(organization),
        "facts": [*stated_facts(organization), *own_facts(organization)],
        "needs": need_lines(list(organization.needs.select_related("topic")), ()),
        "offers": offer_lines(list(organization.offers.select_related("topic")), ()),
        "lacking": lacking,
        "refused": refused,
    }
    return render(request, "portal/registration/check.html", context, status=status)


@posted_from("portal:organization_of", "code")
def discard(request: HttpRequest, code: str) -> HttpResponse:
    """Delete a draft; asked for on the page of the organization."""
    organization = _own(request, code)
    try:
        draft_discard(organization, actor=reader(request))
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return redirect("portal:organization_of", code=code)
    messages.success(request, _("The draft is deleted."))
    return redirect("portal:register")


@posted_from("portal:organization_of", "code")
def confirm(request: HttpRequest, code: str) -> HttpResponse:
    """Say that the profile still holds: a fresh one counts as trust."""
    organization = _own(request, code)
    profile_confirm(organization, actor=reader(request))
    messages.success(request, _("Thank you: the profile counts as confirmed today."))
    return redirect("portal:organization_of", code=code)


@posted_from("portal:organization_of", "code")
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """End taking part, by wish of an owner."""
    organization = _own(request, code)
    try:
        review.withdraw(organization, actor=reader(request))
    except review.TransitionError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("The organization has withdrawn. Thank you for having taken part."))
    return redirect("portal:organization_of", code=code)
