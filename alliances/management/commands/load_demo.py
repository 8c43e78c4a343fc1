"""The sample register with its people, for trying the service out."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from alliances.services.demo import CURATOR_EMAIL, load_demo

DEFAULT_PASSWORD = "partnerships-demo"  # noqa: S105  printed by `make demo`, and refused outside of a demo


class Command(BaseCommand):
    help = (
        "Load the sample register as approved, one person each, and a curator. A second call changes nothing."
    )

    def handle(self, *args: object, **options: object) -> None:
        password = os.environ.get("DEMO_PASSWORD")
        # A password that everybody knows opens nothing but a demo on this machine.
        if not password and (settings.DEMO or settings.EMBEDDED):
            password = DEFAULT_PASSWORD
        try:
            loaded = load_demo(password)
        except ValidationError as error:
            raise CommandError("DEMO_PASSWORD: " + " ".join(error.messages)) from error
        counts = loaded.organizations._asdict()
        self.stdout.write(
            _("Organizations: %(created)s created, %(updated)s updated, %(unchanged)s unchanged.") % counts
        )
        self.stdout.write(_("People: %(count)s created.") % {"count": loaded.people})
        if loaded.curator_created:
            self.stdout.write(_("Curator %(email)s created.") % {"email": CURATOR_EMAIL})
        elif not password:
            self.stdout.write(_("No curator: set DEMO_PASSWORD to have one made."))
        self.stdout.write(_("None of these organizations has registered or endorsed anything."))
