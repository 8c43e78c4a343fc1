"""The matchmaking service."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MatchmakingConfig(AppConfig):
    name = "matchmaking"
    verbose_name = _("Matchmaking")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # The app first, so that web processes publish to its broker and not to Celery's default one.
        from alliances.services.merging import against_dropping, along_with_merging
        from matchmaking import (
            celery,  # noqa: F401
            checks,  # noqa: F401
        )
        from matchmaking.services.events import listen
        from matchmaking.services.introductions import stands_against_dropping
        from matchmaking.services.pairs import pairs_carry_over

        listen()
        against_dropping(stands_against_dropping)
        along_with_merging(pairs_carry_over)
