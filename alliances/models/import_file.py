"""A file that a curator has uploaded and not yet confirmed."""

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ImportFile(models.Model):
    """An upload between its preview and its import; it goes with the import, or after an hour."""

    uploaded_by = models.ForeignKey("alliances.User", verbose_name=_("uploaded by"), on_delete=models.CASCADE)
    uploaded_at = models.DateTimeField(_("uploaded at"), db_default=Now())
    name = models.CharField(_("name"), max_length=200)
    # SHA-256 of the content, in hexadecimal.
    digest = models.CharField(_("digest"), max_length=64)
    content = models.BinaryField(_("content"))

    class Meta:
        verbose_name = _("import file")
        verbose_name_plural = _("import files")
        # Whoever may add one may import organizations. Nobody looks at the rows themselves.
        default_permissions = ("add",)
        constraints = [
            models.UniqueConstraint(
                fields=["uploaded_by", "digest"], name="%(app_label)s_%(class)s_person_content_once"
            ),
        ]

    def __str__(self) -> str:
        return self.digest[:12]
