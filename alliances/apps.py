"""The register of organizations."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AlliancesConfig(AppConfig):
    name = "alliances"
    verbose_name = _("Register")
    default_auto_field = "django.db.models.BigAutoField"
