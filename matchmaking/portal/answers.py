"""Answering a recommendation: the panel on its page and what its buttons post to."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from alliances.enums import ConsentPurpose, Country
from alliances.models import TeamMember
from alliances.selectors import has_consent
from matchmaking.enums import Answer, DeclineReason
from matchmaking.models import Introduction, Recommendation, Response
from matchmaking.models.introduction import NOTE_LENGTH
from matchmaking.portal.interests import clock_of
from matchmaking.portal.posted import posted_from
from matchmaking.portal.reader import reader
from matchmaking.selectors.interests import OpenInterest, interest_on
from matchmaking.selectors.introductions import CONTACT_ROLES, introduction_of_pair
from matchmaking.services.answers import (
    LATER_MONTHS,
    OPEN,
    NotOpenError,
    Said,
    answer,
    later_until,
    why_closed,
)
from matchmaking.wording.clocks import TimeLeft


def _months_label(months: int) -> str:
    return ngettext("in %(count)s month", "in %(count)s months", months) % {"count": months}


class AnswerForm(forms.Form):
    """One answer. What goes with which answer, the service says; the form only reads it."""

    answer = forms.ChoiceField(
        choices=Answer,
        error_messages={"required": gettext_lazy("Choose an answer: interested, not now or no.")},
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("Reason"),
        choices=[("", gettext_lazy("Choose a reason")), *DeclineReason.choices],
        required=False,
    )
    note = forms.CharField(
        label=gettext_lazy("Note to our staff"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": NOTE_LENGTH}),
    )
    months = forms.TypedChoiceField(
        label=gettext_lazy("Ask again"),
        choices=[(months, months) for months in LATER_MONTHS],
        coerce=int,
        empty_value=None,
        required=False,
    )
    cross_border = forms.BooleanField(required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        months = self.fields["months"]
        assert isinstance(months, forms.TypedChoiceField)  # noqa: S101
        months.choices = [(number, _months_label(number)) for number in LATER_MONTHS]

    def said(self) -> Said:
        """What was chosen, once the form is valid."""
        data = self.cleaned_data
        return Said(
            Answer(data["answer"]),
            reason=data["reason"],
            note=data["note"],
            until=later_until(data["months"]) if data["months"] else None,
            cross_border=data["cross_border"],
        )


@dataclass(frozen=True)
class AnswerPanel:
    """What stands under the head of a recommendation's page, for one reader."""

    may_answer: bool
    is_open: bool
    own: Response | None
    they_are_interested: bool
    introduction: Introduction | None
    answer_by: date | None
    clock: TimeLeft | None
    closed: str
    asks_cross_border: bool
    form: AnswerForm

    @property
    def chosen(self) -> str:
        """Which of the three answers is open for correction, where one was refused."""
        return str(self.form["answer"].value() or "") if self.form.is_bound else ""


def answer_panel(
    recommendation: Recommendation, member: TeamMember, form: AnswerForm | None = None
) -> AnswerPanel:
    """The panel for somebody of the seeker's team."""
    responses = {one.organization_id: one for one in Response.objects.filter(pair=recommendation.pair_id)}
    theirs = responses.get(recommendation.candidate_id)
    own = responses.get(recommendation.seeker_id)
    is_open = recommendation.state in OPEN
    said_yes = any(one.answer == Answer.INTERESTED for one in responses.values())
    introduction = introduction_of_pair(recommendation.pair_id) if said_yes else None
    interest = interest_on(recommendation) if is_open and said_yes and introduction is None else None
    return AnswerPanel(
        may_answer=member.role in CONTACT_ROLES,
        is_open=is_open,
        # One that has lapsed was given to an earlier recommendation of the pair.
        own=own if own and own.answer == recommendation.state else None,
        they_are_interested=theirs is not None and theirs.answer == Answer.INTERESTED,
        introduction=introduction,
        answer_by=_answer_by(recommendation, interest),
        clock=clock_of(interest) if interest else None,
        closed="" if is_open else why_closed(recommendation),
        asks_cross_border=(
            recommendation.seeker.country == Country.CN
            and not has_consent(member.user, ConsentPurpose.CROSS_BORDER)
        ),
        form=form or AnswerForm(),
    )


def _answer_by(recommendation: Recommendation, interest: OpenInterest | None) -> date | None:
    """The last day for an answer, where it is still to come: an open interest has a clock of its own."""
    if interest is not None:
        return interest.answer_by if interest.days_left >= 0 else None
    return timezone.localtime(recommendation.answer_by).date() if recommendation.answer_by else None


@posted_from("portal:recommendation", "public_id")
def answer_view(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Give the answer; a refusal shows the page again with what was written and why it was refused."""
    from matchmaking.portal.recommendations import recommendation_page

    user = reader(request)
    recommendation = get_object_or_404(
        Recommendation.objects.visible_to(user).select_related("seeker"), public_id=public_id
    )
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return recommendation_page(request, recommendation, form=form, status=400)
    try:
        answered = answer(recommendation, form.said(), by=user, channel="portal")
    except ValidationError as error:
        form.add_error(None, error)
        return recommendation_page(request, recommendation, form=form, status=400)
    except NotOpenError as error:
        messages.error(request, str(error))
        return recommendation_page(request, recommendation, status=409)
    if answered.introduction is not None:
        messages.success(request, _("Both sides have said yes. You are introduced to each other."))
        return redirect("portal:introduction", public_id=answered.introduction.public_id)
    messages.success(request, DONE[Answer(answered.recommendation.state)])
    return redirect("portal:recommendation", public_id=public_id)


DONE = {
    Answer.INTERESTED: gettext_lazy("Your answer stands: interested. We tell you as soon as both are."),
    Answer.LATER: gettext_lazy("Your answer stands: not now."),
    Answer.DECLINED: gettext_lazy("Your answer stands: no. We take it into account from now on."),
}
