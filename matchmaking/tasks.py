"""Celery tasks: placeholders are not kept here; each calls one service."""
