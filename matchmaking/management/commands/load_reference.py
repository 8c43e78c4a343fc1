"""The reference data that is shipped, of the register and of the service."""

from __future__ import annotations

from django.core.management.base import BaseCommand
from django.utils.translation import gettext as _

from alliances.services.reference import load_reference
from matchmaking.services.jurisdiction import load_jurisdiction_rules
from matchmaking.services.roles import load_roles


class Command(BaseCommand):
    help = (
        "Load challenge areas, topics, agencies, cities, known alliances, jurisdiction rules and the staff’s "
        "roles. A second call changes nothing."
    )

    def handle(self, *args: object, **options: object) -> None:
        for loaded in (*load_reference(), load_jurisdiction_rules(), load_roles()):
            self.stdout.write(
                _("%(name)s: %(created)s created, %(updated)s updated, %(unchanged)s unchanged.")
                % loaded._asdict()
            )
