"""Settings come from the environment; what is malformed stops the start, by name and with the remedy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from matchmaking import environment

PRODUCTION = {
    "DATABASE_URL": "postgresql://service:secret-word@db.internal/matchmaking",
    "REDIS_URL": "redis://broker.internal/0",
    "SECRET_KEY": "k7Qz9Xw2" * 8,
    "LINK_KEY": "l9Rt4Yv6" * 8,
    "TOKEN_KEY": "t3Hw8Nc5" * 8,
    "SITE_URL": "https://partners.example.org",
    "FROM_EMAIL": "news@partners.example.org",
    "EMAIL_URL": "smtp+tls://relay:word@mail.internal",
    "POSTAL_ADDRESS": "1 Main Street, Wichita",
}
DEPLOY = ["check", "--deploy", "--fail-level", "WARNING"]


def manage(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    """A `manage.py` command in an environment of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **env},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1", True), ("true", True), ("Yes", True), ("0", False), ("off", False), ("", False)],
)
def test_boolean(monkeypatch: pytest.MonkeyPatch, value: str, expected: bool) -> None:
    monkeypatch.setenv("X", value)
    assert environment.boolean("X", True) is expected


@pytest.mark.parametrize(
    ("reader", "value", "sentence"),
    [
        (lambda: environment.boolean("X", False), "maybe", "X is 'maybe'. Use 1 or 0."),
        (
            lambda: environment.integer("X", 1, minimum=1, maximum=9),
            "ten",
            "X is 'ten'. Use a whole number from 1 to 9.",
        ),
        (
            lambda: environment.integer("X", 1, minimum=1, maximum=9),
            "10",
            "X is '10'. Use a whole number from 1 to 9.",
        ),
        (lambda: environment.choice("X", "a", ("a", "b")), "c", "X is 'c'. Use one of a, b."),
        (
            lambda: environment.site_url("X", ""),
            "https://a.example/path",
            "X is 'https://a.example/path'. Give scheme, host and port only, like https://example.org.",
        ),
        (
            lambda: environment.site_url("X", ""),
            "a.example",
            "X must start with http:// or https://.",
        ),
        (
            lambda: environment.database("X"),
            "mysql://db/name",
            "X must start with postgres:// or postgresql://.",
        ),
        (
            lambda: environment.database("X"),
            "postgresql://db",
            "X names no database. Use postgresql://user:password@host/name.",
        ),
        (
            lambda: environment.smtp("X", ""),
            "smtp://mail/inbox",
            "X must look like smtp+tls://user:password@host:587.",
        ),
    ],
)
def test_a_malformed_value_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, reader: object, value: str, sentence: str
) -> None:
    monkeypatch.setenv("X", value)
    with pytest.raises(ImproperlyConfigured) as refusal:
        reader()  # type: ignore[operator]
    assert str(refusal.value) == sentence


def test_a_refusal_never_shows_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("postgresql://a:hunter2@db:port/name", "mysql://a:hunter2@db/name"):
        monkeypatch.setenv("X", value)
        with pytest.raises(ImproperlyConfigured) as refusal:
            environment.database("X")
        assert "hunter2" not in str(refusal.value)
    monkeypatch.setenv("X", "imap://a:hunter2@mail")
    with pytest.raises(ImproperlyConfigured) as refusal:
        environment.smtp("X", "")
    assert "hunter2" not in str(refusal.value)


def test_a_secret_may_stand_in_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("from the file\n", encoding="utf-8")
    monkeypatch.setenv("X_FILE", str(file))
    assert environment.text("X") == "from the file"
    monkeypatch.setenv("X", "from the variable")
    with pytest.raises(ImproperlyConfigured, match="set one of the two"):
        environment.text("X")


def test_mail_urls() -> None:
    os.environ["X"] = "smtp+tls://user%40a:p%2Fw@mail.example"
    try:
        found = environment.smtp("X", "")
    finally:
        del os.environ["X"]
    assert found == {
        "EMAIL_HOST": "mail.example",
        "EMAIL_PORT": 587,
        "EMAIL_HOST_USER": "user@a",
        "EMAIL_HOST_PASSWORD": "p/w",
        "EMAIL_USE_TLS": True,
        "EMAIL_USE_SSL": False,
    }


def test_production_settings_pass_the_deploy_check() -> None:
    outcome = manage(*DEPLOY, **PRODUCTION)
    assert (outcome.returncode, outcome.stderr) == (0, "")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"DEMO": "1"}, "matchmaking.E001"),
        ({"SITE_URL": "http://partners.example.org"}, "matchmaking.E002"),
        ({"LINK_KEY": ""}, "matchmaking.W001"),
        ({"TOKEN_KEY": ""}, "matchmaking.W002"),
        ({"POSTAL_ADDRESS": ""}, "matchmaking.E003"),
        ({"LEASE_SECONDS": "20"}, "matchmaking.E004"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is missing or shorter than 50 characters"),
        ({"REDIS_URL": ""}, "Set both DATABASE_URL and REDIS_URL"),
        ({"WORKER_PROCESSES": "many"}, "WORKER_PROCESSES is 'many'"),
    ],
)
def test_a_bad_combination_stops_the_deploy_check(changed: dict[str, str], said: str) -> None:
    outcome = manage(*DEPLOY, **{**PRODUCTION, **changed})
    assert outcome.returncode != 0
    assert said in outcome.stderr


def test_servers_named_in_files_are_used(tmp_path: Path) -> None:
    files = {}
    for name in ("DATABASE_URL", "REDIS_URL"):
        path = tmp_path / name
        path.write_text(PRODUCTION[name], encoding="utf-8")
        files[f"{name}_FILE"] = str(path)
    rest = {name: value for name, value in PRODUCTION.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    outcome = manage(
        "shell", "-v0", "-c", "from django.conf import settings as s; print(s.EMBEDDED)", **rest, **files
    )
    assert (outcome.returncode, outcome.stdout) == (0, "False\n")
