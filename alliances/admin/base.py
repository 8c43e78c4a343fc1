"""What every page of the curation desk has in common."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin

from alliances.models import User

# So many digits every column of numbers holds.
LONGEST_NUMBER = 18


class ActionsAdmin(ModelAdmin):
    """Lists with actions on what is ticked."""

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        ticked = request.POST.getlist(ACTION_CHECKBOX_NAME)
        wrong = next((key for key in ticked if not is_number(key)), None)
        if wrong is not None:
            messages.error(request, _("“%(value)s” is nothing of this page.") % {"value": wrong[:40]})
            return redirect(request.get_full_path())
        return super().response_action(request, queryset)


class ReadOnlyAdmin(ActionsAdmin):
    """Rows that services make and the desk only shows."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False


class HistoryAdmin(SimpleHistoryAdmin, ActionsAdmin):
    """Rows that keep a history: it is shown beside them, and they end but are never deleted."""

    def has_delete_permission(self, request: HttpRequest, obj: object | None = None) -> bool:
        return False

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # The history is asked by number; an id that is none has no page.
        if self.get_object(request, object_id) is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return super().history_view(request, object_id, extra_context)

    def history_form_view(
        self, request: HttpRequest, object_id: str, version_id: str, extra_context: Any = None
    ) -> HttpResponse:
        if not (is_number(version_id) and self.get_object(request, object_id)):
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return super().history_form_view(request, object_id, version_id, extra_context)


def is_number(text: str) -> bool:
    """Whether a text may be the number of a row."""
    return text.isdecimal() and len(text) <= LONGEST_NUMBER


def report_outcome(request: HttpRequest, done: int, skipped: list[str]) -> None:
    """Say how many rows a bulk action changed, and why it left others alone (each reason once)."""
    if done:
        messages.success(
            request, ngettext("%(count)d row changed.", "%(count)d rows changed.", done) % {"count": done}
        )
    for reason in dict.fromkeys(skipped):
        messages.warning(
            request, _("%(count)d skipped: %(reason)s") % {"count": skipped.count(reason), "reason": reason}
        )


def curator(request: HttpRequest) -> User:
    """The person at the desk. PermissionDenied for anybody who is not signed in."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


def leave_dialog(request: HttpRequest, address: str) -> HttpResponse:
    """To this page once a dialog's form is done with: the script that sent it would show it in the dialog."""
    if request.headers.get("HX-Request"):
        return HttpResponse(headers={"HX-Redirect": address})
    return redirect(address)
