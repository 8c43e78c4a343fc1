"""What the sides of the pairs answered, and the introductions that were made."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from alliances.admin.base import ReadOnlyAdmin, curator, report_outcome
from matchmaking.enums import Answer
from matchmaking.models import Introduction, Response
from matchmaking.services.introductions import introductions_close


@admin.register(Introduction)
class IntroductionAdmin(ReadOnlyAdmin):
    list_display = ["first", "second", "made_at", "closed_at"]
    list_filter = [("closed_at", admin.EmptyFieldListFilter), "made_at"]
    list_select_related = ["pair__low", "pair__high"]
    search_fields = [
        f"pair__{side}__{field}" for side in ("low", "high") for field in ("code", "name_en", "name_zh")
    ]
    actions = ["close"]

    @display(description=_("first"))
    def first(self, introduction: Introduction) -> str:
        return str(introduction.pair.low)

    @display(description=_("second"))
    def second(self, introduction: Introduction) -> str:
        return str(introduction.pair.high)

    def has_close_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("matchmaking.change_introduction")

    @admin.action(description=_("Close: show no contacts any more"), permissions=["close"])
    def close(self, request: HttpRequest, queryset: QuerySet[Introduction]) -> None:
        report_outcome(request, *introductions_close(queryset, by=curator(request)))


@admin.register(Response)
class ResponseAdmin(ReadOnlyAdmin):
    list_display = ["organization", "other", "shown_answer", "reason", "until", "answered_at"]
    list_filter = ["answer", "reason", "organization__country", "organization__kind"]
    list_select_related = ["organization", "pair__low", "pair__high"]
    search_fields = ["organization__code", "organization__name_en", "organization__name_zh"]

    @display(description=_("about"))
    def other(self, response: Response) -> str:
        sides = response.pair.sides_of([response.organization_id])
        return str(sides[1]) if sides else ""

    @display(
        description=_("answer"),
        label={Answer.INTERESTED: "success", Answer.LATER: "warning", Answer.DECLINED: "danger"},
        ordering="answer",
    )
    def shown_answer(self, response: Response) -> tuple[str, str]:
        return response.answer, response.get_answer_display()
