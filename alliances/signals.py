"""The register's one signal: sent after a commit that changed it. Carries nothing; only saves waiting."""

from django.dispatch import Signal

register_changed = Signal()
