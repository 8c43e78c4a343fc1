"""How a receiver tells that a call comes from us. The API's docs show the function as it stands here."""

import hashlib
import hmac
import time
from collections.abc import Mapping


def is_genuine(secret: str, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether the call was signed with the secret, within the last five minutes."""
    timestamp = headers["Webhook-Timestamp"]
    signed = timestamp.encode() + b"." + body
    expected = "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    # While a secret is being replaced there are two signatures; one that fits is enough.
    signatures = headers["Webhook-Signature"].split(",")
    fits = any(hmac.compare_digest(one.encode(), expected.encode()) for one in signatures)
    return fits and abs(time.time() - int(timestamp)) <= 300
