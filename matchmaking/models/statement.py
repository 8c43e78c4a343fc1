"""The statement of an organization as numbers: made when the text changes, never at scoring time."""

from django.db import models
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _


class OctetLength(models.Func):
    """Bytes of a binary value."""

    function = "octet_length"
    output_field = models.IntegerField()


class StatementVector(models.Model):
    """512 int8 of the sentence encoder, with the hashes of the text and of the model they came from."""

    organization = models.OneToOneField(
        "alliances.Organization",
        verbose_name=_("organization"),
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="statement_vector",
    )
    text_hash = models.CharField(max_length=64)
    model_hash = models.CharField(max_length=64)
    vector = models.BinaryField()

    class Meta:
        verbose_name = _("statement vector")
        verbose_name_plural = _("statement vectors")
        constraints = [
            models.CheckConstraint(
                condition=Exact(OctetLength("vector"), 512), name="%(app_label)s_%(class)s_vector_length"
            ),
        ]

    def __str__(self) -> str:
        return f"statement of {self.organization_id}"
