"""`python -m matchmaking.embedded stop|remove [HOME]`: what a killed process left behind, or all of it."""

import argparse
from pathlib import Path

from matchmaking.embedded.home import home_folder
from matchmaking.embedded.processes import EmbeddedError
from matchmaking.embedded.servers import EmbeddedServers

HOME = home_folder()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m matchmaking.embedded")
    parser.add_argument("action", choices=["stop", "remove"])
    parser.add_argument("home", nargs="?", type=Path, default=HOME)
    arguments = parser.parse_args()
    if not arguments.home.exists():
        return
    try:
        EmbeddedServers(arguments.home, lasting=arguments.action == "stop").stop_unused()
    except EmbeddedError as error:
        parser.exit(1, f"{error}\n")


if __name__ == "__main__":
    main()
