"""The demo as a visitor meets it: its own servers, worker, mail and site, and the system's Chromium."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

PROJECT = Path(__file__).resolve().parents[2]
START_SECONDS = 240
# Where servers are named for other tests, the demo brings its own.
NAMED = ("DATABASE_URL", "REDIS_URL", "EMAIL_URL", "EMBEDDED", "SECRET_KEY")


class Demo(NamedTuple):
    """A running demo that has matched and mailed: its address, and the environment of its commands."""

    url: str
    env: dict[str, str]

    def manage(self, *words: str) -> None:
        """A command on the demo's data."""
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(command, cwd=PROJECT, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def demo() -> Iterator[Demo]:
    home = Path(tempfile.mkdtemp(prefix="mm-e2e-"))
    with socket.create_server(("127.0.0.1", 0)) as line:
        port = line.getsockname()[1]
    url = f"http://localhost:{port}"
    env = {name: value for name, value in os.environ.items() if name not in NAMED}
    env |= {"DEMO": "1", "SITE_URL": url, "EMBEDDED_HOME": str(home / "home"), "PYTHONUNBUFFERED": "1"}
    log = home / "demo.log"
    with log.open("wb") as out:
        running = subprocess.Popen(
            [sys.executable, "manage.py", "demo"], cwd=PROJECT, env=env, stdout=out, stderr=out
        )
    try:
        limit = time.monotonic() + START_SECONDS
        while "Serving until Ctrl-C" not in log.read_text():
            assert running.poll() is None, log.read_text()
            assert time.monotonic() < limit, log.read_text()
            time.sleep(0.5)
        urllib.request.urlopen(f"{url}/health/live", timeout=10).close()
        yield Demo(url, env)
    finally:
        running.terminate()
        running.wait(60)
        subprocess.run(
            [sys.executable, "-m", "matchmaking.embedded", "remove"], cwd=PROJECT, env=env, check=False
        )
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def site(demo: Demo) -> str:
    """The address of the demo."""
    return demo.url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=["--no-sandbox"]
        )
        yield running
        running.close()


NewVisitor = Callable[..., Page]


@pytest.fixture
def visitor(site: str, browser: Browser) -> Iterator[NewVisitor]:
    """Opens a browser of its own for each call. Whatever it complains of fails the test at the end."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def complain(message: ConsoleMessage) -> None:
        # A refused page is what some tests ask for.
        if message.type in ("error", "warning") and "responded with a status of 40" not in message.text:
            complaints.append(f"{message.text} at {message.location.get('url', '')}")

    def open_one(language: str, *, width: int = 1280, dark: bool = False) -> Page:
        context = browser.new_context(
            base_url=site,
            locale="zh-CN" if language == "zh" else "en-US",
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("console", complain)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((site, "data:", "about:", "blob:"))
                else complaints.append(f"asked elsewhere: {request.url}")
            ),
        )
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert complaints == []


def read_in(page: Page, language: str) -> None:
    """Have the page in this language: an account keeps the one that it was last read in."""
    other = page.locator(f"button[name=language][value={'zh-hans' if language == 'zh' else 'en'}]")
    if other.count():
        with page.expect_navigation():
            other.first.click()
