"""Moves of very many organizations: handed over from the lists of the register, watched here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from alliances.admin.base import ReadOnlyAdmin, curator
from alliances.admin.organizations import hand_over_many
from alliances.services.review import Move
from matchmaking.enums import BulkMoveState
from matchmaking.models import BulkMove
from matchmaking.models.lease import LeasedRow
from matchmaking.services import bulk_moves

STATE_COLOURS = {
    BulkMoveState.QUEUED: "info",
    BulkMoveState.RUNNING: "info",
    BulkMoveState.COMPLETE: "success",
    BulkMoveState.FAILED: "danger",
}


def begin(request: HttpRequest, move: Move, ids: list[int]) -> HttpResponse | None:
    """Hand the move over to the workers, and lead whoever may watch it there."""
    row = bulk_moves.bulk_move_request(move, ids, by=curator(request))
    words = gettext("%(count)s organizations are being gone through.")
    messages.success(request, words % {"count": f"{len(ids):,}"})
    if not request.user.has_perm("matchmaking.view_bulkmove"):
        return None
    return redirect("admin:matchmaking_bulkmove_change", row.pk)


hand_over_many(begin)


@admin.register(BulkMove)
class BulkMoveAdmin(ReadOnlyAdmin):
    list_display = [
        "__str__",
        "to_state",
        "shown_state",
        "progress",
        "shown_done",
        "requested_by",
        "requested_at",
    ]
    list_filter = ["to_state", "state"]
    list_select_related = ["requested_by"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BulkMove]:
        # How many there are is asked of the database; the ids themselves stay there.
        return super().get_queryset(request).annotate(chosen=F("ids__len")).defer("ids")

    @display(description=_("state"), label=STATE_COLOURS, ordering="state")
    def shown_state(self, row: BulkMove) -> tuple[str, str]:
        return _shown(row)

    @display(description=_("progress"))
    def progress(self, row: BulkMove) -> str:
        return f"{_percentage(row)} %"

    @display(description=_("changed"), ordering="done")
    def shown_done(self, row: BulkMove) -> str:
        return f"{row.done:,}"

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        chosen = getattr(row, "chosen", 0)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("%(count)s organizations: new state “%(state)s”")
            % {"count": f"{chosen:,}", "state": row.get_to_state_display()},
            "row": row,
            "state": _shown(row)[1],
            "chosen": chosen,
            "left": chosen - row.position,
            "percentage": _percentage(row),
            "skipped": bulk_moves.skipped_words(row),
            "error": last_line(row),
        }
        return TemplateResponse(request, "admin/matchmaking/bulk_move.html", context)


def last_line(row: LeasedRow) -> str:
    """What failed says so in its last line, in the reader's language where it is ours; the rest is for the
    log."""
    line = row.error.strip().rpartition("\n")[2]
    return gettext(line) if line else ""


def _shown(row: BulkMove) -> tuple[str, str]:
    """Between two parts it waits, yet it is under way."""
    state = BulkMoveState.RUNNING if row.is_open and row.position else BulkMoveState(row.state)
    return state, str(state.label)


def _percentage(row: BulkMove) -> int:
    return 100 * row.position // getattr(row, "chosen", 1)
