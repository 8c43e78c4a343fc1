"""What must not stand in a log line, whoever writes it."""

import re
from collections.abc import MutableMapping
from typing import Any

# A token is the right to unsubscribe, to ask an alliance, or to an address; the log is read by more people
# than the mail.
LINK_TOKEN = re.compile(r"(/unsubscribe/|/join/|/accounts/email/confirm/)[^\s/?\"']+")


def mask_link_tokens(logger: Any, method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Cut the tokens of signed links out of every text of a log event (a structlog processor)."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = LINK_TOKEN.sub(r"\1…", value)
    return event
