"""Every setting, from the environment. README, "Production", lists the variables."""

import secrets
import sys
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from matchmaking import environment as env
from matchmaking.logs import mask_link_tokens

BASE_DIR = Path(__file__).resolve().parent.parent

# --- What kind of place this is ------------------------------------------------------------------

DEBUG = env.boolean("DEBUG", False)
# Relaxes only what plain http on localhost needs, and shows a banner on every page.
DEMO = env.boolean("DEMO", False)
# Set by manage.py when it started the embedded servers.
EMBEDDED = env.boolean("EMBEDDED", False)

SITE_NAME = env.text("SITE_NAME", "Smart City Partnerships")
SITE_NAME_ZH = env.text("SITE_NAME_ZH", "智慧城市伙伴")
SITE_URL = env.site_url("SITE_URL", "http://localhost:8000")

# --- Database and broker -------------------------------------------------------------------------

HAS_DATABASE = bool(env.text("DATABASE_URL"))
if bool(env.text("REDIS_URL")) != HAS_DATABASE:
    raise ImproperlyConfigured("Set both DATABASE_URL and REDIS_URL, or neither for the embedded servers.")

DATABASES: dict[str, dict[str, object]] = {"default": {"ENGINE": "django.db.backends.dummy"}}
if HAS_DATABASE:
    DATABASES["default"] = {
        **env.database("DATABASE_URL"),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }
    options = dict(DATABASES["default"]["OPTIONS"])  # type: ignore[call-overload]
    timeout = env.integer("STATEMENT_TIMEOUT_SECONDS", 300, minimum=1, maximum=86_400)
    options["options"] = (
        f"{options.get('options', '')} -c lock_timeout=5000 -c statement_timeout={timeout * 1000}"
        " -c idle_in_transaction_session_timeout=30000"
    ).strip()
    DATABASES["default"]["OPTIONS"] = options
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
if env.text("CACHE_URL"):
    env.url("CACHE_URL", "", ("redis", "rediss", "unix"))
    CACHES["default"] = {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.text("CACHE_URL"),
    }

# --- Secrets -------------------------------------------------------------------------------------

SECRET_KEY = env.text("SECRET_KEY")
if HAS_DATABASE and len(SECRET_KEY) < 50:
    raise ImproperlyConfigured("SECRET_KEY is missing or shorter than 50 characters. Set a random one.")
if not SECRET_KEY:
    # Commands that touch neither data nor visitors (collectstatic, makemigrations) need no lasting key.
    SECRET_KEY = secrets.token_urlsafe(50)
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS")
# A key of its own, so that rotating SECRET_KEY breaks no unsubscribe link that was ever mailed.
LINK_KEY = env.text("LINK_KEY") or SECRET_KEY

# --- Applications --------------------------------------------------------------------------------

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.simple_history",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "simple_history",
    "django_structlog",
    "alliances",
    "matchmaking",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "matchmaking.middleware.RequestLog",
]

ROOT_URLCONF = "matchmaking.urls"
WSGI_APPLICATION = "matchmaking.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "matchmaking.portal.context.site",
            ],
        },
    },
]

# --- People --------------------------------------------------------------------------------------

AUTH_USER_MODEL = "alliances.User"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3600

# --- Languages and time --------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "matchmaking" / "locale"]
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Static files --------------------------------------------------------------------------------

STATIC_URL = "static/"
# Without `collectstatic` (development, demo) files come from where they are.
WHITENOISE_USE_FINDERS = DEBUG or DEMO or EMBEDDED
STATIC_ROOT = None if WHITENOISE_USE_FINDERS else BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if WHITENOISE_USE_FINDERS
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# --- Security ------------------------------------------------------------------------------------

ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", urlsplit(SITE_URL).hostname or "")
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", SITE_URL)
if DEMO:
    ALLOWED_HOSTS += ["localhost", "127.0.0.1", "[::1]"]
SECURE_SSL_REDIRECT = not (DEMO or DEBUG)
SECURE_REDIRECT_EXEMPT = [r"^health/"]
if env.boolean("BEHIND_TLS_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 0 if DEMO or DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not (DEMO or DEBUG)
SESSION_COOKIE_NAME = "__Host-session" if SESSION_COOKIE_SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if CSRF_COOKIE_SECURE else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 8 * 3600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
IMPORT_MAX_BYTES = 10 * 1024 * 1024
IMPORT_MAX_ROWS = 5_000

# --- Mail ----------------------------------------------------------------------------------------

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
vars().update(env.smtp("EMAIL_URL", "smtp://localhost:25"))
EMAIL_TIMEOUT = 15
# The address in From; the name in front of it is the site's, in the reader's language.
DEFAULT_FROM_EMAIL = env.text("FROM_EMAIL", "news@localhost")
# Where an answer to a digest goes: the programme team's inbox.
CONTACT_EMAIL = env.text("CONTACT_EMAIL", DEFAULT_FROM_EMAIL)
POSTAL_ADDRESS = env.text("POSTAL_ADDRESS", "")

# --- Jobs ----------------------------------------------------------------------------------------

SCORE_SHARDS = env.integer("SCORE_SHARDS", 0, minimum=0, maximum=10_000)  # 0: chosen by the size of the run
LEASE_SECONDS = env.integer("LEASE_SECONDS", 60, minimum=2, maximum=3600)
SWEEP_SECONDS = env.integer("SWEEP_SECONDS", 15, minimum=1, maximum=3600)
MAX_ATTEMPTS = 5
# The nightly run and the daily look for digests. The demo does both by its own commands.
PERIODIC_JOBS = env.boolean("PERIODIC_JOBS", not DEMO)
WORKER_PROCESSES = env.integer("WORKER_PROCESSES", 2, minimum=1, maximum=256)

CELERY_BROKER_URL = env.text("REDIS_URL")
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 300,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 1,
    "socket_timeout": 2,
    "socket_keepalive": True,
    "max_retries": 0,  # one try at most 2 s, also on a broker that takes the connection and says nothing
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 20
CELERY_WORKER_MAX_TASKS_PER_CHILD = 200
CELERY_WORKER_MAX_MEMORY_PER_CHILD = 2_000_000
CELERY_WORKER_CONCURRENCY = WORKER_PROCESSES
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {
    "matchmaking.work_on_run": {"queue": "score"},
    "matchmaking.deliver_mail": {"queue": "mail"},
}
CELERY_TIMEZONE = "UTC"
# The one tick. What is due, and whether another tick did it already, the database knows.
CELERY_BEAT_SCHEDULE = {"sweep": {"task": "matchmaking.sweep", "schedule": float(SWEEP_SECONDS)}}

# --- Logs: one JSON object a line, with ids, never names -----------------------------------------

# The demo talks to a person at a terminal.
LOG_LEVEL = env.choice("LOG_LEVEL", "WARNING" if DEMO else "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
shared_processors: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    mask_link_tokens,
]
structlog.configure(
    processors=[*shared_processors, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                structlog.processors.JSONRenderer(),
            ],
            "foreign_pre_chain": shared_processors,
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
}
DJANGO_STRUCTLOG_CELERY_ENABLED = True

# --- Admin ---------------------------------------------------------------------------------------


def site_name(request: object = None) -> str:
    """Late, since wording needs the settings."""
    from matchmaking.wording.site import site_name

    return site_name()


UNFOLD = {
    "SITE_TITLE": site_name,
    "SITE_HEADER": site_name,
    "SITE_URL": "/",
    "SITE_SYMBOL": "handshake",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("matchmaking/favicon.svg"),
        }
    ],
    "SHOW_HISTORY": True,
    "SHOW_LANGUAGES": True,
    "SIDEBAR": {"show_search": True, "navigation": "matchmaking.admin.navigation.navigation"},
    # The portal's teal, from ground to ink.
    "COLORS": {
        "primary": {
            "50": "#eef6f8",
            "100": "#dcebee",
            "200": "#bcd9df",
            "300": "#8fc0ca",
            "400": "#4f98a8",
            "500": "#217a8f",
            "600": "#0b5a6e",
            "700": "#094c5d",
            "800": "#083e4c",
            "900": "#06303b",
            "950": "#041f27",
        }
    },
}
