"""Every setting, from the environment. README, "Production", lists the variables."""

import os
import secrets
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import structlog
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
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
    options.setdefault("connect_timeout", "3")
    # The register is in memory: a page out of order costs about as much as the next one.
    options["options"] = (
        f"{options.get('options', '')} -c lock_timeout=5000 -c statement_timeout={timeout * 1000}"
        " -c idle_in_transaction_session_timeout=30000 -c random_page_cost=1.1"
    ).strip()
    DATABASES["default"]["OPTIONS"] = options
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Holds what must not be forgotten while a broker is down, above all how often somebody tried to sign in.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entry",
        # Where it is full a third goes, what still counts included. There are fewer callers than this.
        "OPTIONS": {"MAX_ENTRIES": 20_000},
    }
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
# New API tokens are hashed with the first, known ones with any: a key is rotated without breaking a token.
TOKEN_KEYS = [env.text("TOKEN_KEY") or SECRET_KEY, *env.words("TOKEN_KEY_FALLBACKS")]

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
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "simple_history",
    "django_structlog",
    "csp",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "alliances",
    "matchmaking",
]

MIDDLEWARE = [
    # First those that write headers, so that every answer has them, also one of the others' refusals.
    "matchmaking.middleware.headers.PrivateAnswers",
    "matchmaking.middleware.headers.ContentPolicy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "matchmaking.middleware.request_log.RequestLog",
    "matchmaking.middleware.refusals.RefuseAtTheDoor",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "matchmaking.middleware.sessions.SessionLimits",
    "matchmaking.middleware.time_zone.OwnTimeZone",
    "allauth.account.middleware.AccountMiddleware",
    "matchmaking.middleware.second_factor.StaffSecondFactor",
    "simple_history.middleware.HistoryRequestMiddleware",
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
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = LOGOUT_REDIRECT_URL = "portal:home"
# Staff act with a second factor; nothing but the demo lifts it.
ADMIN_REQUIRE_MFA = not DEMO
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

# Sessions are rows: to be listed and ended by their owner. How long they live, middleware.sessions says.
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 12 * 3600

# A code by email is the first way in, a password the second.
ACCOUNT_ADAPTER = "matchmaking.portal.accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "request_login_code": "matchmaking.portal.accounts.forms.RequestCodeForm",
    "confirm_login_code": "matchmaking.portal.accounts.forms.CodeForm",
    "confirm_password_reset_code": "matchmaking.portal.accounts.forms.CodeForm",
    "reset_password": "matchmaking.portal.accounts.forms.ResetPasswordForm",
}
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_CONFIRMATION_EXPIRE_DAYS = 1
ACCOUNT_CONFIRM_EMAIL_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
# What owners change of webhooks may have a name looked up; by page and by API so many times a minute.
WEBHOOK_CHANGES = 20
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/5m/key",
    "signup": "5/h/ip",
    "request_login_code": "20/m/ip,3/m/key,10/h/key",
    "confirm_login_code": "10/15m/key",
    "reset_password": "20/m/ip,5/h/key",
    "webhook": f"{WEBHOOK_CHANGES}/m/user",
}
# How many proxies of ours stand in front: only the address that the outermost of them saw is believed.
ALLAUTH_TRUSTED_PROXY_COUNT = env.integer("TRUSTED_PROXY_COUNT", 0, minimum=0, maximum=10)
MFA_ADAPTER = "matchmaking.portal.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
MFA_TOTP_TOLERANCE = 1

# --- Languages and time --------------------------------------------------------------------------

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hans", _("Simplified Chinese"))]
LOCALE_PATHS = [BASE_DIR / "matchmaking" / "locale"]
FORMAT_MODULE_PATH = "matchmaking.formats"
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# --- Static files --------------------------------------------------------------------------------

STATIC_URL = "static/"
WHITENOISE_ALLOW_ALL_ORIGINS = False
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
# By its own name, so that a redirect never repeats a host somebody made up.
SECURE_SSL_HOST = urlsplit(SITE_URL).netloc
SECURE_REDIRECT_EXEMPT = [r"^health/", r"^api/"]
if env.boolean("BEHIND_TLS_PROXY", False):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = 0 if DEMO or DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE_HSTS_SECONDS > 0
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
# By the start of the path: Alpine evaluates the desk's attributes, the desk's colours are a style element.
CONTENT_POLICY_EXCEPTIONS = {
    "/admin/": {"script-src": [SELF, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]},
}
CSRF_FAILURE_VIEW = "matchmaking.portal.errors.csrf_failure"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not (DEMO or DEBUG)
SESSION_COOKIE_NAME = "__Host-session" if SESSION_COOKIE_SECURE else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if CSRF_COOKIE_SECURE else "csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1_000
IMPORT_MAX_BYTES = 10 * 1024 * 1024
IMPORT_MAX_ROWS = 5_000
# A restricted-party list is larger: the US Consolidated Screening List has some 20,000 entries.
SCREENING_MAX_BYTES = 100 * 1024 * 1024
SCREENING_MAX_ROWS = 200_000
# A list dated longer ago than this clears nobody.
SCREENING_MAX_AGE_DAYS = {
    "csl": env.integer("SCREENING_CSL_MAX_AGE_DAYS", 7, minimum=1, maximum=366),
    "other": env.integer("SCREENING_MAX_AGE_DAYS", 90, minimum=1, maximum=366),
}
# An import with the form around it is the largest body there is.
BODY_MAX_BYTES = IMPORT_MAX_BYTES + 64 * 1024

# --- API -----------------------------------------------------------------------------------------

# Calls a minute: of an address without token or session, of one token or person, and of these by the scope of
# what is called.
API_LIMITS = {
    "anon": 60,
    "user": 600,
    "answer": 60,
    "screening": 60,
    "import": 10,
    "export": 10,
    "run": 10,
    "webhook": WEBHOOK_CHANGES,
}
# Of a call's body; a larger one is an import, under the limits of the files.
API_MAX_BYTES = 256 * 1024
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "matchmaking.api.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "matchmaking.api.authentication.WritesWithScope",
    ],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["matchmaking.api.strict.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "matchmaking.api.strict.Pages",
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_THROTTLE_CLASSES": ["matchmaking.api.throttles.Throttle"],
    "NUM_PROXIES": ALLAUTH_TRUSTED_PROXY_COUNT,
    "EXCEPTION_HANDLER": "matchmaking.api.errors.refusal",
    "URL_FORMAT_OVERRIDE": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{SITE_NAME} API",
    "VERSION": "1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "COMPONENT_SPLIT_REQUEST": True,
    # A change has a serializer of its own, which says what of it may be left out.
    "COMPONENT_SPLIT_PATCH": False,
    "ENUM_NAME_OVERRIDES": {
        "KindEnum": "alliances.enums.Kind",
        "CountryEnum": "alliances.enums.Country",
        "OrganizationStateEnum": "alliances.enums.OrganizationState",
        "MembershipStateEnum": "alliances.enums.MembershipState",
        "MembershipChangeEnum": "matchmaking.api.members.CHANGES",
        "RecommendationStateEnum": "matchmaking.api.recommendations.STATES",
        "AnswerEnum": "matchmaking.enums.Answer",
        "DeclineReasonEnum": "matchmaking.enums.DeclineReason",
        "ReadyReasonEnum": "alliances.enums.ReadyReason",
        "RunStateEnum": "matchmaking.enums.RunState",
        "ShardStateEnum": "matchmaking.enums.ShardState",
        "PolicyStateEnum": "matchmaking.enums.PolicyState",
        "PartnershipTypeEnum": "alliances.enums.PartnershipType",
        "RuleVerdictEnum": "matchmaking.enums.RuleVerdict",
        "ScreeningVerdictEnum": "alliances.enums.ScreeningVerdict",
        "WebhookEventEnum": "matchmaking.enums.WebhookEvent",
        "DeliveryStateEnum": "matchmaking.enums.DeliveryState",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "matchmaking.api.schema.with_refusals",
        "matchmaking.api.webhook_docs.with_webhooks",
    ],
}

# --- Mail ----------------------------------------------------------------------------------------

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
vars().update(env.smtp("EMAIL_URL", "smtp://localhost:25"))
EMAIL_TIMEOUT = 15
# The address in From; the name in front of it is the site's, in the reader's language.
DEFAULT_FROM_EMAIL = env.text("FROM_EMAIL", "news@localhost")
# Where an answer to a digest goes: the programme team's inbox.
CONTACT_EMAIL = env.text("CONTACT_EMAIL", DEFAULT_FROM_EMAIL)
POSTAL_ADDRESS = env.text("POSTAL_ADDRESS", "")
# Where `manage.py demo` keeps what it mails, as `.eml` files; the demo shows them.
MAILBOX_FOLDER = env.text("MAILBOX_FOLDER", "")

# --- Webhooks ------------------------------------------------------------------------------------

WEBHOOK_PORTS = [443]
# What may be called although it is not public or has no TLS: receivers on this machine, while somebody tries
# out theirs. Like http://localhost:9099.
WEBHOOK_TEST_RECEIVERS = env.words("WEBHOOK_TEST_RECEIVERS")
if WEBHOOK_TEST_RECEIVERS and not (DEMO or DEBUG):
    raise ImproperlyConfigured(
        "WEBHOOK_TEST_RECEIVERS opens this network: it goes with DEMO=1 or DEBUG=1 only."
    )

# --- Jobs ----------------------------------------------------------------------------------------

SCORE_SHARDS = env.integer("SCORE_SHARDS", 0, minimum=0, maximum=10_000)  # 0: chosen by the size of the run
# Threads of one worker process at a shard; 0: its part of this machine's processors.
SCORE_THREADS = env.integer("SCORE_THREADS", 0, minimum=0, maximum=256)
# Where a machine's processes share the arrays of large runs; empty: nowhere.
ARRAYS_FOLDER = env.text("ARRAYS_FOLDER", f"{tempfile.gettempdir()}/smart-city-partnerships-{os.getuid()}")
LEASE_SECONDS = env.integer("LEASE_SECONDS", 60, minimum=2, maximum=3600)
# After a restore: no mail and no webhook leaves, whatever waits, until it is unset.
HOLD = env.boolean("HOLD", False)
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
    "matchmaking.deliver_webhooks": {"queue": "webhooks"},
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
    "DASHBOARD_CALLBACK": "matchmaking.admin.dashboard.dashboard",
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
