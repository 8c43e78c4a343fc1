"""The web process, as `gunicorn matchmaking.wsgi` runs it."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "matchmaking.settings")

application = get_wsgi_application()

# What is loaded by now stays: looking for garbage in it took a tenth of the time of a page.
gc.collect()
gc.freeze()
