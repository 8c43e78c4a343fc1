"""Files in and out of the register at the desk: upload, preview and confirmation; a list as a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy
from unfold.admin import ModelAdmin
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldBooleanWidget

from alliances.admin.base import curator
from alliances.enums import EventKind, Kind
from alliances.importing import FileFormat, ImportRefused, table_file
from alliances.importing.formats import problem_report
from alliances.importing.organizations import COLUMNS, Difference, organization_rows
from alliances.models import Alliance, City, Firm, ImportFile, Organization
from alliances.proof import is_proven, proof_page
from alliances.services.events import EventDraft, record
from alliances.services.organization_import import (
    ImportBusy,
    ImportPreview,
    import_upload,
    job_name,
    preview_organizations,
)
from alliances.services.uploads import keep_upload, kept_uploads

SHOWN_PROBLEMS = 100
SHOWN_ORGANIZATIONS = 20
CONTENT_TYPES = {
    FileFormat.CSV: "text/csv; charset=utf-8",
    FileFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def attachment(content: bytes, name: str, file_format: FileFormat) -> HttpResponse:
    """A file to save under a name made here, kept by nobody on the way."""
    return HttpResponse(
        content,
        content_type=CONTENT_TYPES[file_format],
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{file_format}"',
            "Cache-Control": "no-store",
        },
    )


def record_export(request: HttpRequest, name: str, file_format: FileFormat | str, rows: int) -> None:
    """The audit row of a copy of data that leaves the desk."""
    told = {"list": name, "format": str(file_format), "rows": rows}
    record([EventDraft(None, EventKind.EXPORTED, told)], curator(request))


class UploadForm(forms.Form):
    """The file to import."""

    file = forms.FileField(
        label=gettext_lazy("Organizations file"),
        help_text=gettext_lazy("CSV or Excel (.xlsx), at most 10 MB and 5,000 rows. Nothing is saved yet."),
        allow_empty_file=True,
        widget=UnfoldAdminFileFieldWidget(attrs={"accept": ".csv,.xlsx"}),
    )


class ConfirmForm(forms.Form):
    """What a curator decides when the preview is right."""

    approve = forms.BooleanField(
        label=gettext_lazy("Approve the new organizations at once"),
        help_text=gettext_lazy("Otherwise they are submitted and wait for review."),
        required=False,
        widget=UnfoldBooleanWidget,
    )


class ImportPages(ModelAdmin):
    """The pages of an import: upload, preview with confirmation, report of what is wrong."""

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(route, self.admin_site.admin_view(view), name=f"alliances_organization_{name}")

        return [
            page("import/", self.upload_view, "import"),
            page("import/<slug:digest>/", self.preview_view, "import_preview"),
            page("import/<slug:digest>/report/", self.report_view, "import_report"),
            *super().get_urls(),
        ]

    def upload_view(self, request: HttpRequest) -> HttpResponse:
        _check_may_import(request)
        if request.method != "POST":
            return self._upload_page(request, UploadForm())
        form = UploadForm(request.POST, request.FILES)
        if not form.is_valid():
            return self._upload_page(request, form, status=400)
        file = form.cleaned_data["file"]
        if file.size > settings.IMPORT_MAX_BYTES:
            limit = settings.IMPORT_MAX_BYTES // (1024 * 1024)
            form.add_error("file", gettext("File is too large (limit %(limit)s MB).") % {"limit": limit})
            return self._upload_page(request, form, status=413)
        upload = keep_upload(file.read(), name=file.name, user=curator(request))
        preview = preview_organizations(bytes(upload.content), file_name=upload.name)
        if preview.problems:
            return self._preview_page(request, upload, preview, status=400)
        return redirect("admin:alliances_organization_import_preview", upload.digest)

    def preview_view(self, request: HttpRequest, digest: str) -> HttpResponse:
        upload = self._kept(request, digest)
        if upload is None:
            return self._gone_page(request)
        if request.method != "POST":
            preview = preview_organizations(bytes(upload.content), file_name=upload.name)
            return self._preview_page(request, upload, preview)
        approve = request.POST.get("approve") == "on"
        try:
            result = import_upload(upload, actor=curator(request), approve=approve)
        except ImportRefused as refusal:
            status = 409 if isinstance(refusal, ImportBusy) else 400
            preview = ImportPreview(problems=refusal.problems)
            return self._preview_page(request, upload, preview, status=status)
        counts = gettext("%(created)s created, %(updated)s updated, %(unchanged)s unchanged.")
        messages.success(request, gettext("Imported: %(counts)s") % {"counts": counts % result._asdict()})
        return redirect("admin:alliances_organization_import")

    def report_view(self, request: HttpRequest, digest: str) -> HttpResponse:
        upload = self._kept(request, digest)
        if upload is None:
            return self._gone_page(request)
        preview = preview_organizations(bytes(upload.content), file_name=upload.name)
        return attachment(
            problem_report(preview.problems), f"problems-{job_name(upload.digest)}", FileFormat.CSV
        )

    def _kept(self, request: HttpRequest, digest: str) -> ImportFile | None:
        _check_may_import(request)
        return kept_uploads(curator(request)).filter(digest=digest).first()

    def _gone_page(self, request: HttpRequest) -> HttpResponse:
        messages.error(
            request,
            gettext("This upload is no longer kept: it was imported, or an hour has passed. Upload again."),
        )
        return self._upload_page(request, UploadForm(), status=404)

    def _upload_page(self, request: HttpRequest, form: UploadForm, status: int = 200) -> HttpResponse:
        context = {"form": form, "columns": COLUMNS, "lists": _lists()}
        return self._page(request, "import_upload", gettext("Import organizations"), context, status)

    def _preview_page(
        self, request: HttpRequest, upload: ImportFile, preview: ImportPreview, status: int = 200
    ) -> HttpResponse:
        shown = preview.problems[:SHOWN_PROBLEMS]
        context = {
            "upload": upload,
            "preview": preview,
            "understood": _table((), _understood(upload, preview)),
            "form": ConfirmForm(),
            "busy": status == 409,
            "faults": [one.message for one in shown if not one.place],
            "problems": _table(
                (gettext("Where"), gettext("Value"), gettext("Reason")),
                [(one.place, one.value, one.message) for one in shown if one.place],
            ),
            "problems_left": max(len(preview.problems) - SHOWN_PROBLEMS, 0),
            "created": _table(
                (gettext("Code"), gettext("Name"), gettext("Kind")),
                [
                    (
                        one.code,
                        one.values.get("name_en") or one.values.get("name_zh"),
                        Kind(str(one.values["kind"])).label,
                    )
                    for one in preview.created[:SHOWN_ORGANIZATIONS]
                ],
            ),
            "changes": _table(
                (gettext("Code"), gettext("Column"), gettext("In the register"), gettext("In the file")),
                [
                    (change.code, one.column, *_cells(one))
                    for change in preview.changes[:SHOWN_ORGANIZATIONS]
                    for one in change.differences
                ],
            ),
            "shown_organizations": SHOWN_ORGANIZATIONS,
        }
        title = gettext("Not imported") if preview.problems else gettext("Check before importing")
        return self._page(request, "import_preview", title, context, status)

    def _page(
        self, request: HttpRequest, name: str, title: str, context: dict[str, Any], status: int
    ) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "title": title, **context}
        return TemplateResponse(request, f"admin/alliances/{name}.html", context, status=status)


def _may_import(request: HttpRequest) -> bool:
    # Not named in the button itself: the theme would look for it in the database before there is one.
    return curator(request).has_perm("alliances.add_importfile")


def _check_may_import(request: HttpRequest) -> None:
    if not _may_import(request):
        raise PermissionDenied


def _table(headers: tuple[str, ...], rows: list[tuple[object, ...]]) -> dict[str, object]:
    return {"headers": headers, "rows": rows}


def _understood(upload: ImportFile, preview: ImportPreview) -> list[tuple[object, ...]]:
    """Labels and values: what the file is and, where it could be read, what it holds."""
    rows: list[tuple[object, ...]] = [
        (gettext("File"), upload.name),
        (gettext("Job"), job_name(upload.digest)),
        *preview.understood,
    ]
    if preview.columns:
        columns = " · ".join(preview.columns)
        rows += [(gettext("Rows"), f"{preview.rows:,}"), (gettext("Columns"), columns)]
    if not preview.problems:
        rows += [
            (gettext("New"), f"{len(preview.created):,}"),
            (gettext("Changed"), f"{len(preview.changes):,}"),
            (gettext("Unchanged"), f"{preview.unchanged:,}"),
        ]
    return rows


def _cells(difference: Difference) -> tuple[str, str]:
    """What stands in the register, and in the file; of contacts, which are shown to who proved who they are
    alone, neither."""
    if difference.column == "contact_email":
        hidden = gettext("not shown here")
        return hidden, hidden
    return _cell(difference.before), _cell(difference.after)


def _cell(value: object) -> str:
    return "–" if value in (None, "") else str(value)


class FileButtons(ModelAdmin):
    """The buttons above a list of organizations: import a file, save the list as a file."""

    actions_list = [
        "import_file",
        {"title": gettext_lazy("Export"), "icon": "download", "items": ["export_csv", "export_xlsx"]},
    ]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        response = super().changelist_view(request, extra_context)
        # What is exported is the list as it is filtered and searched.
        for button in getattr(response, "context_data", {}).get("actions_list", ()):
            for item in button.get("items", ()):
                item["path"] += f"?{request.GET.urlencode()}"
        return response

    def has_import_permission(self, request: HttpRequest) -> bool:
        return _may_import(request)

    @action(description=gettext_lazy("Import"), permissions=["import"], icon="upload")
    def import_file(self, request: HttpRequest) -> HttpResponse:
        return redirect("admin:alliances_organization_import")

    @action(description="CSV", permissions=["view"], url_path="export-csv")
    def export_csv(self, request: HttpRequest) -> HttpResponse:
        return self._export(request, FileFormat.CSV)

    @action(description=gettext_lazy("Excel (.xlsx)"), permissions=["view"], url_path="export-xlsx")
    def export_xlsx(self, request: HttpRequest) -> HttpResponse:
        return self._export(request, FileFormat.XLSX)

    @transaction.atomic
    def _export(self, request: HttpRequest, file_format: FileFormat) -> HttpResponse:
        try:
            listed = self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            return redirect(reverse(f"admin:alliances_{self.opts.model_name}_changelist"))
        if not is_proven(request):
            return redirect(proof_page(curator(request), request.get_full_path()))
        chosen = Organization.objects.filter(pk__in=listed.order_by().values("pk"))
        record_export(request, str(self.opts.model_name), file_format, chosen.count())
        content = table_file(organization_rows(chosen), COLUMNS, file_format, gettext("Organizations"))
        return attachment(content, f"{self.opts.model_name}-{timezone.localdate():%Y-%m-%d}", file_format)


def _lists() -> list[tuple[str, str]]:
    """The lists where imported organizations stand: name and address."""
    return [
        (str(options.verbose_name_plural), reverse(f"admin:alliances_{options.model_name}_changelist"))
        for options in (City._meta, Firm._meta, Alliance._meta)
    ]
