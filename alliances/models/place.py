"""The shipped table of cities, so that a city's entry fills itself."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from alliances.enums import Country


class ReferenceCity(models.Model):
    """A US or Chinese city by its names, with GeoNames' figures. Whether it takes part is another matter."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    country = models.CharField(_("country"), max_length=2, choices=Country)
    name_en = models.CharField(_("name in English"), max_length=200)
    name_zh = models.CharField(_("name in Chinese"), max_length=200, blank=True)
    region = models.CharField(_("state or province"), max_length=100, blank=True)
    region_zh = models.CharField(_("state or province in Chinese"), max_length=100, blank=True)
    population = models.PositiveIntegerField(_("population"), null=True, blank=True)
    latitude = models.FloatField(_("latitude"), null=True, blank=True)
    longitude = models.FloatField(_("longitude"), null=True, blank=True)

    class Meta:
        verbose_name = _("reference city")
        verbose_name_plural = _("reference cities")
        ordering = ["-population", "code"]
        indexes = [models.Index(fields=["country", "-population"], name="reference_city_by_size")]
        constraints = [
            models.CheckConstraint(
                condition=Q(country__in=Country.values), name="%(app_label)s_%(class)s_country_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name_en
