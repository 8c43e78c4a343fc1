"""The directory's pages: the list that is searched, and one organization of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.paginator import InvalidPage, Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from alliances.directory import Found, find, known_of
from alliances.enums import Country, Kind, OrganizationState
from alliances.memberships import stated_for
from alliances.models import Need, Offer, Organization, User
from alliances.models.organization import OrganizationQuerySet
from alliances.models.topic import reads_chinese
from alliances.selectors import size_class, stated_by, statements
from matchmaking.portal.directory.filters import DirectoryForm, unknown_value
from matchmaking.portal.facts import need_lines, offer_lines, patrons_of, references_of, stated_facts
from matchmaking.portal.reader import reader
from matchmaking.selectors.recommendations import organizations_of
from matchmaking.wording import place_line
from matchmaking.wording.site import sample_notice

PAGE_SIZE = 30
TOPICS_SHOWN = 3
# What a row tells of an organization, in words and by its place and size.
SHOWN = (
    "code",
    "kind",
    "subtype",
    "country",
    "is_sample",
    "name_en",
    "name_zh",
    "region",
    "population",
    "population_basis",
    "size_band",
)

# What brings an organization into the directory, by where it stands.
WAY_IN = {
    OrganizationState.DRAFT: gettext_lazy("Finish the registration and hand it in; our staff then read it."),
    OrganizationState.SUBMITTED: gettext_lazy(
        "Our staff are reading it and write to you; until then there is nothing to do."
    ),
    OrganizationState.CHANGES_REQUESTED: gettext_lazy(
        "Make the changes that our staff asked for and hand it in again."
    ),
    OrganizationState.ON_HOLD: gettext_lazy(
        "Our staff are clarifying something and write to you; until then there is nothing to do."
    ),
}
TAKES_NO_PART = gettext_lazy("It takes no part at present. If you think it should, write to us.")


@dataclass(frozen=True)
class Topics:
    """The weightiest topics of one side, and in words how many more there are."""

    names: Sequence[str]
    more: str


@dataclass(frozen=True)
class Row:
    """A listed organization in the reader's words."""

    organization: Organization
    place: str
    needs: Topics
    offers: Topics


@require_safe
def directory(request: HttpRequest) -> HttpResponse:
    """The listed organizations, those that are as the address asks for."""
    user = reader(request)
    listed = _listed(user)
    if listed is None:
        return _closed(request, user)
    known, everybody = known_of(listed, to_staff=user.is_staff)
    form = DirectoryForm(request.GET, known)
    found = find(listed, form.wanted, everybody)
    page, problems = _page(found, request.GET.get("page"), form.problems())
    rows = _rows(page)
    context = {
        "form": form,
        "problems": problems,
        "page": page,
        "rows": rows,
        "alike": found.alike,
        "text": form.wanted.text,
        "filters": len(form.stated.keys() - {"q"}),
        "without_filters": form.address(**dict.fromkeys(form.stated.keys() - {"q"}, "")),
        "address": form.address(),
        "sample_notice": sample_notice(row.organization for row in rows),
        **form.options(found.counts),
    }
    return render(request, "portal/directory.html", context)


@require_safe
def directory_entry(request: HttpRequest, code: str) -> HttpResponse:
    """What a listed organization states."""
    user = reader(request)
    listed = _listed(user)
    if listed is None:
        return _closed(request, user)
    found = get_object_or_404(listed.prefetch_related(*statements()), code=code)
    context = {
        "organization": found,
        "place": _place(found),
        "facts": stated_facts(found),
        "offers": offer_lines(found.offers.all(), (), stated_for(found, Offer)),
        "needs": need_lines(found.needs.all(), (), stated_for(found, Need)),
        "references": references_of(found),
        "patrons": patrons_of(found),
        "is_own": found.team_members.filter(user=user).exists(),
        "sample_notice": sample_notice([found]),
    }
    return render(request, "portal/directory_entry.html", context)


def _listed(user: User) -> OrganizationQuerySet | None:
    """What `listed_to` lists for this person, asked once: None where the directory is closed to them, since
    no organization of theirs is approved."""
    if user.is_staff:
        return Organization.objects.approved()
    opens = Organization.objects.approved().filter(team_members__user=user).exists()
    return Organization.objects.listed() if opens else None


def _closed(request: HttpRequest, user: User) -> HttpResponse:
    """Why the directory is closed to this person, and what opens it."""
    own = [(one, WAY_IN.get(OrganizationState(one.state), TAKES_NO_PART)) for one in organizations_of(user)]
    return render(request, "portal/directory_closed.html", {"own": own}, status=403)


def _page(found: Found, number: str | None, problems: list[str]) -> tuple[Page[Organization], list[str]]:
    """The page of this number; where it is none, the first and a problem more."""
    paginator = Paginator(found.organizations.only(*SHOWN), PAGE_SIZE)
    paginator.count = found.number  # counted already
    try:
        return paginator.page(number or 1), problems
    except InvalidPage:
        return paginator.page(1), [*problems, unknown_value("page", number or "")]


def _rows(organizations: Iterable[Organization]) -> list[Row]:
    """The organizations with what they state first; two queries."""
    listed, name = list(organizations), "topic__name_zh" if reads_chinese() else "topic__name_en"
    needs = stated_by(Need.objects.order_by("-priority", "topic__position"), listed, name)
    offers = stated_by(Offer.objects.order_by("-maturity", "topic__position"), listed, name)
    return [Row(one, _place(one), _topics(needs[one.pk]), _topics(offers[one.pk])) for one in listed]


def _topics(stated: Sequence[tuple[str, ...]]) -> Topics:
    names = [name for (name,) in stated]
    others = len(names[TOPICS_SHOWN:])
    more = ngettext("and %(number)s more", "and %(number)s more", others) % {"number": others}
    return Topics(names[:TOPICS_SHOWN], more if others else "")


def _place(organization: Organization) -> str:
    """Kind, region and size; of a Chinese city its class too, which has a name of its own."""
    place = place_line(organization)
    if organization.kind != Kind.CITY or organization.country != Country.CN:
        return place
    size = size_class(organization)
    return f"{place} · {size.city_class.label}" if size else place
