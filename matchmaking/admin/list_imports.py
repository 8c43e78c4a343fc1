"""Screening lists as files: uploaded here, looked through at once, imported by a worker, watched here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext, gettext_lazy
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from alliances.admin.base import curator
from alliances.admin.importing import SHOWN_PROBLEMS
from alliances.admin.screening import ScreeningListAdmin
from alliances.enums import ScreeningListName
from alliances.importing import ImportProblem, ImportRefused
from alliances.models import ScreeningHit, ScreeningList
from matchmaking.admin.bulk_moves import last_line
from matchmaking.models import ListImport
from matchmaking.services.list_imports import list_import_request

IMPORT = gettext_lazy("Import a screening list")
SHOWN_IMPORTS = 10

admin.site.unregister(ScreeningList)


class ListForm(forms.Form):
    """The file, and what it does not say of itself."""

    name = forms.ChoiceField(
        label=gettext_lazy("Which list it is"), choices=ScreeningListName, widget=UnfoldAdminSelectWidget
    )
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV or JSON, at most 10 MB: the Consolidated Screening List as it is published, or a plain list "
            "with the column name and perhaps aliases, country, reference and source. Larger files are "
            "imported by the command import_screening_list."
        ),
        allow_empty_file=True,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.json"}),
    )
    version = forms.CharField(
        label=gettext_lazy("Version"),
        required=False,
        max_length=200,
        help_text=gettext_lazy("Empty: the file’s own."),
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )
    dated = forms.DateField(
        label=gettext_lazy("Day of the list"),
        required=False,
        help_text=gettext_lazy("Empty: the file’s own, or that in its name. Else written like 2026-11-24."),
        error_messages={"invalid": gettext_lazy("Enter a day as YYYY-MM-DD.")},
        widget=UnfoldAdminTextInputWidget(attrs={"autocomplete": "off"}),
    )


@admin.register(ScreeningList)
class ListImportPages(ScreeningListAdmin):
    """The lists, and the pages of an import: upload, then how far it is."""

    actions_list = ["import_list"]

    def get_urls(self) -> list[URLPattern]:
        upload, watch = (self.admin_site.admin_view(view) for view in (self.upload_view, self.import_view))
        return [
            path("import/", upload, name="alliances_screeninglist_import"),
            path("import/<int:import_id>/", watch, name="alliances_screeninglist_imported"),
            *super().get_urls(),
        ]

    def has_import_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        # Not named in the button itself: the theme would look for it in the database before there is one.
        return curator(request).has_perm("alliances.add_screeninglist")

    @action(description=IMPORT, permissions=["import"], icon="upload")
    def import_list(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:alliances_screeninglist_import")

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        if not self.has_import_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return self._upload_page(request, ListForm())
        form = ListForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._upload_page(request, form, status=400)
        stated = form.cleaned_data
        file = stated.pop("file")
        if file.size > settings.IMPORT_MAX_BYTES:
            limit = settings.IMPORT_MAX_BYTES // (1024 * 1024)
            form.add_error("file", gettext("File is too large (limit %(limit)s MB).") % {"limit": limit})
            return self._upload_page(request, form, status=413)
        try:
            row = list_import_request(file.read(), file_name=file.name, **stated, by=curator(request))
        except ImportRefused as refusal:
            return self._upload_page(request, form, refusal.problems, status=400)
        return redirect("admin:alliances_screeninglist_imported", row.pk)

    def _upload_page(
        self, request: HttpRequest, form: ListForm, problems: Sequence[ImportProblem] = (), status: int = 200
    ) -> HttpResponse:
        shown = problems[:SHOWN_PROBLEMS]
        context = {
            "form": form,
            "count": len(problems),
            "faults": [one.message for one in shown if not one.place],
            "problems": {
                "headers": (gettext("Where"), gettext("Value"), gettext("Reason")),
                "rows": [(one.place, one.value, one.message) for one in shown if one.place],
            },
            "problems_left": max(len(problems) - SHOWN_PROBLEMS, 0),
            "imports": ListImport.objects.defer("content")[:SHOWN_IMPORTS],
        }
        return self._page(request, "upload", IMPORT, context, status)

    def import_view(self, request: HttpRequest, import_id: int) -> HttpResponse:
        """How far an import is, and what came of it."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        imports = ListImport.objects.defer("content").select_related("imported", "requested_by")
        row = get_object_or_404(imports, pk=import_id)
        context = {
            "row": row,
            "error": last_line(row),
            "hits": ScreeningHit.objects.blocking().count(),
            "hits_url": reverse("admin:alliances_screeninghit_changelist") + "?state__exact=open",
            "may_import": self.has_import_permission(request),
        }
        title = gettext("Import of %(list)s") % {"list": row.get_name_display()}
        return self._page(request, "import", title, context, 200)

    def _page(
        self, request: HttpRequest, name: str, title: Any, context: dict[str, Any], status: int
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "title": title, **context}
        return TemplateResponse(request, f"admin/screening/{name}.html", context, status=status)
