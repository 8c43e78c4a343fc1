#!/usr/bin/env python
"""Django's command line. Without DATABASE_URL and REDIS_URL it brings the embedded servers along."""

import os
import sys
from contextlib import AbstractContextManager, nullcontext

from matchmaking.embedded import EmbeddedError, embedded_environment, home_folder

# Any of these names servers, or files that name them.
GIVEN = ("DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE")
# These touch neither data nor broker, so nothing is started for them.
WITHOUT_SERVERS = {
    "check",
    "collectstatic",
    "compilemessages",
    "help",
    "makemessages",
    "makemigrations",
    "version",
    "webhook_receiver",
}


def servers_for(command: str) -> AbstractContextManager[object]:
    """What the command needs to be running: nothing of ours where servers are given or none are used."""
    if any(os.environ.get(name) for name in GIVEN) or command in WITHOUT_SERVERS or "--help" in sys.argv:
        return nullcontext()
    return embedded_environment(home_folder())


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "matchmaking.settings")
    command = next((word for word in sys.argv[1:] if not word.startswith("-")), "help")
    try:
        with servers_for(command):
            from django.core.management import execute_from_command_line

            execute_from_command_line(sys.argv)
    except EmbeddedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
