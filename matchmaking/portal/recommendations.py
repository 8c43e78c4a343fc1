"""My recommendations, and one of them in full."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Exists, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from alliances.enums import Kind, OrganizationState
from alliances.memberships import stated_for
from alliances.models import Need, Offer, Organization
from alliances.selectors import cities_on_map, statements
from matchmaking.enums import RecommendationState
from matchmaking.models import MatchRun, Recommendation
from matchmaking.pictures.maps import pair_map
from matchmaking.portal.answers import AnswerForm, answer_panel
from matchmaking.portal.cards import Card, score_of
from matchmaking.portal.compare import MOST_COMPARED
from matchmaking.portal.detail import clocks_of, reasons_of, scale_of, sums_of
from matchmaking.portal.disclosure import disclosure_panel
from matchmaking.portal.facts import (
    PLURALS,
    STANDING,
    need_lines,
    offer_lines,
    patrons_of,
    references_of,
    stated_facts,
)
from matchmaking.portal.filters import Filters, filters_of
from matchmaking.portal.reader import reader
from matchmaking.portal.shortlist import RefusedNote, shortlist_panel
from matchmaking.selectors.disclosure import disclose
from matchmaking.selectors.interests import OpenInterest, by_recommendation, open_interests
from matchmaking.selectors.jurisdiction import all_rules, verdict_of
from matchmaking.selectors.recommendations import SPONSORED, Listing, listings, stating_topics
from matchmaking.selectors.runs import last_complete_run
from matchmaking.selectors.shortlist import Shortlist, shortlist_of
from matchmaking.selectors.sponsoring import Sponsors, sponsors_of
from matchmaking.services.recommendations import recommendation_see
from matchmaking.wording import against, challenges, place_line, topic_names, unknown_words
from matchmaking.wording.site import sample_notice
from matchmaking.wording.sponsoring import sponsor_sentences, sponsor_tags

# Behind the pair on its map, the largest: they show where on the two coasts it is.
CITIES_BESIDE = 60

NONE_OF_KIND = {
    Kind.CITY: gettext_lazy("There is no city to recommend at present."),
    Kind.FIRM: gettext_lazy("There is no firm to recommend at present."),
    Kind.ALLIANCE: gettext_lazy("There is no alliance to recommend at present."),
}


@dataclass(frozen=True)
class Column:
    """The unanswered recommendations of one kind that match, best first; `none` says it where none is."""

    label: str
    cards: Sequence[Card]
    none: str


@dataclass(frozen=True)
class Section:
    """One organization's recommendations. `cause` says why none waits for an answer, where none does."""

    organization: Organization
    columns: Sequence[Column]
    answered: Sequence[Card]
    cause: str

    @property
    def waiting(self) -> int:
        return sum(len(column.cards) for column in self.columns)


@require_safe
def recommendations(request: HttpRequest) -> HttpResponse:
    """The reader's recommendations that match the filters, by organization and kind."""
    user = reader(request)
    named, found = challenges(), listings(user)
    roles = {listing.organization.pk: listing.role for listing in found}
    shortlist = shortlist_of(user, roles)
    interests = by_recommendation(open_interests(user, roles))
    shown = [one for listing in found for one in _shown(listing)]
    sponsors = sponsors_of(shown)
    filters = filters_of(request.GET, shown, shortlist, named)
    causes = _causes(found)
    sections = [
        _section(listing, named.topics, interests, shortlist, sponsors, filters, causes) for listing in found
    ]
    if filters.is_narrowed:
        sections = [section for section in sections if section.waiting or section.answered]
    cards = [one for section in sections for column in section.columns for one in column.cards]
    context = {
        "sections": sections,
        "filters": filters,
        "has_any": bool(shown),
        "compared": request.GET.getlist("compare"),
        "most_compared": MOST_COMPARED,
        "waiting": len(cards),
        # The one to begin with; the others' buttons stand back.
        "best": max(cards, key=lambda one: one.recommendation.score, default=None),
        "sample_notice": sample_notice(
            organization
            for listing in found
            for organization in (listing.organization, *(one.candidate for one in listing.recommendations))
        ),
    }
    return render(request, "portal/recommendations.html", context)


def _waiting(listing: Listing) -> list[Recommendation]:
    """What waits for an answer: an organization that takes no part gives none at present."""
    return listing.waiting if listing.organization.state == OrganizationState.APPROVED else []


def _shown(listing: Listing) -> list[Recommendation]:
    return [*_waiting(listing), *listing.answered]


def _section(
    listing: Listing,
    topics: Mapping[str, str],
    interests: Mapping[int, OpenInterest],
    shortlist: Shortlist,
    sponsors: Sponsors,
    filters: Filters,
    causes: Mapping[int, str],
) -> Section:
    cards = [
        Card(
            one,
            topics,
            they_are_interested=listing.they_are_interested(one),
            interest=interests.get(one.pk),
            shortlist=shortlist,
            sponsors_told=sponsors.get(one.pk, ()),
        )
        for one in _shown(listing)
        if one.pk in filters.matching
    ]
    waiting = [one for one in cards if not one.answer]
    columns = [
        Column(
            str(PLURALS[kind]),
            [one for one in waiting if one.recommendation.kind == kind],
            str(NONE_OF_KIND[kind]),
        )
        for kind in Kind
    ]
    if filters.is_narrowed:
        columns = [column for column in columns if column.cards]
    cause = "" if filters.is_narrowed else causes.get(listing.organization.pk, "")
    return Section(listing.organization, columns, [one for one in cards if one.answer], cause)


def _causes(found: Sequence[Listing]) -> dict[int, str]:
    """Why an organization has nothing to answer, and what helps, by its id; two queries if any has none."""
    idle = [listing for listing in found if not _waiting(listing)]
    if not idle:
        return {}
    run, stating = last_complete_run(), stating_topics([listing.organization for listing in idle])
    return {
        listing.organization.pk: _cause(listing, run, states_topics=listing.organization.pk in stating)
        for listing in idle
    }


def _cause(listing: Listing, run: MatchRun | None, *, states_topics: bool) -> str:
    if listing.organization.state != OrganizationState.APPROVED:
        return str(STANDING[OrganizationState(listing.organization.state)])
    if not states_topics:
        return _("Your profile states no need and no offer yet. They decide who fits: state at least one.")
    if run is None or run.finished_at is None:
        return _("The matching has not run yet. It runs every night; come back tomorrow.")
    if listing.answered:
        return _("You have answered all of your recommendations. New ones come with a later matching.")
    return _(
        "The last matching, of %(date)s, has brought you nothing so far: nobody fits well enough or is free, "
        "or our staff are still reading what it found. Every further need or offer that you state helps."
    ) % {"date": date_format(run.finished_at, "DATE_FORMAT")}


@require_safe
def recommendation(request: HttpRequest, public_id: uuid.UUID) -> HttpResponse:
    """One recommendation. Opened by somebody of the team, it counts as seen."""
    user = reader(request)
    found = get_object_or_404(
        Recommendation.objects.visible_to(user)
        .select_related("seeker", "candidate")
        .with_rules()
        .annotate(is_sponsored=Exists(SPONSORED)),
        public_id=public_id,
    )
    is_new = found.state == RecommendationState.RELEASED
    if request.method == "GET" and is_new and not user.is_staff and recommendation_see(found, by=user):
        found.state = RecommendationState.SEEN
    return recommendation_page(request, found)


def recommendation_page(
    request: HttpRequest,
    found: Recommendation,
    *,
    form: AnswerForm | None = None,
    note: RefusedNote | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of a recommendation that the reader may see, with the answer or note that was refused."""
    user = reader(request)
    prefetch_related_objects([found.seeker, found.candidate], *statements())
    disclose([found])
    you, them = found.seeker, found.candidate
    member = user.team_memberships.filter(organization=found.seeker_id).first()
    panel = answer_panel(found, member, form) if member else None
    side = found.breakdown["seeker"]
    for_you, for_them = reasons_of(found, topic_names())
    sponsors = sponsors_of([found]).get(found.pk, ())
    context = {
        "recommendation": found,
        "you": you,
        "them": them,
        "takes_part": them.state == OrganizationState.APPROVED,
        "place": place_line(them),
        "score": score_of(found),
        # Of the two as the reader knows them: a rule tells nothing of who an anonymous one is.
        "ruling": verdict_of(all_rules(), you, them, None, timezone.now().date()),
        "answer_panel": panel,
        "disclosure": disclosure_panel(found) if panel else None,
        "team": shortlist_panel(found, member, note) if member else None,
        "for_you": for_you,
        "for_them": for_them,
        "sponsors": sponsor_tags(sponsors),
        "sponsor_sentences": sponsor_sentences(sponsors, you.pk),
        "against": against(side),
        "sums": sums_of(found),
        "unknown": unknown_words(side),
        "scale": scale_of(you, them),
        "map": pair_map(you, them, cities_on_map(CITIES_BESIDE)) if _both_placed(you, them) else None,
        "clocks": clocks_of(you, them, timezone.now()),
        "facts": stated_facts(them),
        "their_offers": offer_lines(
            them.offers.all(), {need.topic_id for need in you.needs.all()}, stated_for(them, Offer)
        ),
        "their_needs": need_lines(
            them.needs.all(), {offer.topic_id for offer in you.offers.all()}, stated_for(them, Need)
        ),
        "references": references_of(them),
        "patrons": patrons_of(them),
        "sample_notice": sample_notice([you, them]),
    }
    return render(request, "portal/recommendation.html", context, status=status)


def _both_placed(*organizations: Organization) -> bool:
    return all(one.latitude is not None and one.longitude is not None for one in organizations)
