"""The web process, as `gunicorn matchmaking.wsgi` runs it."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "matchmaking.settings")

application = get_wsgi_application()
