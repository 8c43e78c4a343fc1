"""What the other side of a pair sees of an organization that is anonymous at first, and changing that."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _

from alliances.anonymity import veiled
from matchmaking.enums import Answer
from matchmaking.models import Disclosure, Recommendation
from matchmaking.portal.posted import posted_from
from matchmaking.portal.reader import reader
from matchmaking.services.disclosure import name_hide, name_show


@dataclass(frozen=True)
class DisclosurePanel:
    """How the other side reads the organization: as `described`, or by name, since when and why."""

    described: str
    by_answer: bool
    shown_at: datetime | None


def disclosure_panel(recommendation: Recommendation) -> DisclosurePanel | None:
    """The panel for the seeker of a recommendation; None where it is named to everybody anyway."""
    own = recommendation.seeker
    if own.shows_name:
        return None
    side = {"pair": recommendation.pair_id, "organization": own}
    shown = Disclosure.objects.filter(**side).first()
    return DisclosurePanel(
        described=veiled(own).name,
        by_answer=own.responses.filter(pair=recommendation.pair_id, answer=Answer.INTERESTED).exists(),
        shown_at=shown.shown_at if shown else None,
    )


@posted_from("portal:recommendation", "public_id")
def name(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """Show the organization's name to the other side, or hide it again."""
    user = reader(request)
    recommendation = get_object_or_404(
        Recommendation.objects.visible_to(user).select_related("seeker"), public_id=public_id
    )
    match request.POST.get("shown"):
        case "yes":
            name_show(recommendation, by=user)
            messages.success(request, _("They read your name from now on. You can take that back."))
        case "no":
            name_hide(recommendation, by=user)
            messages.success(request, _("They read a description again in place of your name."))
        case _:
            raise BadRequest
    return redirect("portal:recommendation", public_id=public_id)
