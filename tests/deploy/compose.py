"""docker-compose.yml as Compose reads it, and what a service needs to run without its container."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[2]
COMPOSE_FILE = PROJECT / "docker-compose.yml"
VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[?-])(?P<word>[^}]*))?\}")


class MissingError(Exception):
    """A variable that Compose would ask for."""


def interpolate(value: Any, given: dict[str, str]) -> Any:
    """Puts variables in, by Compose's rules for ${NAME}, ${NAME:-default} and ${NAME:?message}."""
    if isinstance(value, dict):
        return {key: interpolate(item, given) for key, item in value.items()}
    if isinstance(value, list):
        return [interpolate(item, given) for item in value]
    if not isinstance(value, str):
        return value

    def put(match: re.Match[str]) -> str:
        if given.get(match["name"]):
            return given[match["name"]]
        if match["kind"] == "?":
            raise MissingError(f"{match['name']}: {match['word']}")
        return match["word"] or ""

    return VARIABLE.sub(put, value).replace("$$", "$")


@cache
def raw() -> dict[str, Any]:
    content = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
    assert isinstance(content, dict)
    return content


@dataclass(frozen=True)
class Service:
    """A service with its variables put in."""

    name: str
    content: dict[str, Any]

    @property
    def command(self) -> list[str]:
        return [str(word) for word in self.content["command"]]

    @property
    def health_command(self) -> list[str]:
        """Without the leading CMD."""
        test = self.content["healthcheck"]["test"]
        assert test[0] == "CMD"
        return [str(word) for word in test[1:]]

    def environment(self, given: dict[str, str]) -> dict[str, str]:
        """Names without a value come from `given`, where they are set at all."""
        entries = self.content["environment"].items()
        return {name: str(given[name] if value is None else value) for name, value in entries
                if value is not None or name in given}  # fmt: skip


def services(given: dict[str, str]) -> dict[str, Service]:
    """Raises MissingError where Compose would refuse to start."""
    return {name: Service(name, interpolate(content, given)) for name, content in raw()["services"].items()}
