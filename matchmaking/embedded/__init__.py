"""What a bare machine lacks: PostgreSQL, Valkey, a mailbox and a keeper of processes. Standard library only.

Nothing here imports Django: `manage.py`, the settings' environment and the tests come before it.
"""

from matchmaking.embedded.home import home_folder, secret_key
from matchmaking.embedded.processes import EmbeddedError
from matchmaking.embedded.servers import EmbeddedServers, embedded_environment, embedded_servers
from matchmaking.embedded.supervisor import Supervisor

__all__ = [
    "EmbeddedError",
    "EmbeddedServers",
    "Supervisor",
    "embedded_environment",
    "embedded_servers",
    "home_folder",
    "secret_key",
]
