"""The reference data that is shipped."""

from __future__ import annotations

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from alliances.services.reference import load_reference


class Command(BaseCommand):
    help = "Load challenge areas, topics, agencies and known alliances. A second call changes nothing."

    def handle(self, *args: object, **options: object) -> None:
        for loaded in load_reference():
            self.stdout.write(
                _("%(name)s: %(created)s created, %(updated)s updated, %(unchanged)s unchanged.")
                % loaded._asdict()
            )
