"""Typed readers of environment variables. A malformed value stops the start, by name and with the remedy."""

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def _refuse(name: str, value: str, remedy: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} is {value!r}. {remedy}")


def text(name: str, default: str = "") -> str:
    """The variable, or what stands in the file that NAME_FILE names (for secrets mounted as files)."""
    path = os.environ.get(f"{name}_FILE")
    if path and name in os.environ:
        raise _refuse(f"{name}_FILE", path, f"{name} is set too; set one of the two.")
    if path:
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise _refuse(f"{name}_FILE", path, f"The file cannot be read: {error.strerror}.") from error
    return os.environ.get(name, default)


def boolean(name: str, default: bool) -> bool:
    value = text(name, "1" if default else "0").strip().lower()
    if value in TRUE:
        return True
    if value in FALSE:
        return False
    raise _refuse(name, value, "Use 1 or 0.")


def integer(name: str, default: int, *, minimum: int, maximum: int) -> int:
    value = text(name, str(default))
    try:
        number = int(value)
    except ValueError:
        raise _refuse(name, value, f"Use a whole number from {minimum} to {maximum}.") from None
    if not minimum <= number <= maximum:
        raise _refuse(name, value, f"Use a whole number from {minimum} to {maximum}.")
    return number


def words(name: str, default: str = "") -> list[str]:
    """Items separated by commas."""
    return [item.strip() for item in text(name, default).split(",") if item.strip()]


def choice(name: str, default: str, options: tuple[str, ...]) -> str:
    value = text(name, default)
    if value not in options:
        raise _refuse(name, value, f"Use one of {', '.join(options)}.")
    return value


def url(name: str, default: str, schemes: tuple[str, ...]) -> SplitResult:
    """A URL of one of these schemes. Refusals leave the value out: it may hold a password."""
    try:
        parts = urlsplit(text(name, default))
        _port = parts.port  # reading it is what checks it
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} is not a URL: its host or port cannot be read.") from error
    if parts.scheme not in schemes:
        raise ImproperlyConfigured(f"{name} must start with {' or '.join(s + '://' for s in schemes)}.")
    return parts


def site_url(name: str, default: str) -> str:
    parts = url(name, default, ("http", "https"))
    if not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise _refuse(name, text(name, default), "Give scheme, host and port only, like https://example.org.")
    return f"{parts.scheme}://{parts.netloc}"


def database(name: str) -> Mapping[str, object]:
    """A libpq URI as a Django database entry."""
    from psycopg import ProgrammingError
    from psycopg.conninfo import conninfo_to_dict

    url(name, "", ("postgres", "postgresql"))
    try:
        info = dict(conninfo_to_dict(text(name)))
    except ProgrammingError as error:
        raise ImproperlyConfigured(f"{name} is not a PostgreSQL URL.") from error
    database_name = info.pop("dbname", None)
    if not database_name:
        raise ImproperlyConfigured(f"{name} names no database. Use postgresql://user:password@host/name.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": database_name,
        "USER": info.pop("user", ""),
        "PASSWORD": info.pop("password", ""),
        "HOST": info.pop("host", ""),
        "PORT": str(info.pop("port", "")),
        "OPTIONS": info,
    }


def smtp(name: str, default: str) -> dict[str, object]:
    """smtp:// (plain), smtp+tls:// (STARTTLS) or smtps:// (TLS) as Django's EMAIL_* settings."""
    parts = url(name, default, ("smtp", "smtp+tls", "smtps"))
    if not parts.hostname or parts.path not in ("", "/") or parse_qs(parts.query):
        raise ImproperlyConfigured(f"{name} must look like smtp+tls://user:password@host:587.")
    ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or ports[parts.scheme],
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
        "EMAIL_USE_SSL": parts.scheme == "smtps",
    }
