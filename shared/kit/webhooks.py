"""Whether a webhook is genuine, as Standard Webhooks 1.0 says: HMAC-SHA-256 over id, time and the very octets of the body (I21, S73)."""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

TOLERANCE_SECONDS: Final = 300
_ID: Final = re.compile(r"[A-Za-z0-9_=+/-]{1,200}", re.ASCII)
"""No dot: with one, a signed text could be cut into id, time and body in two ways."""
_TIME: Final = re.compile(r"[0-9]{1,12}", re.ASCII)
_MOST_SIGNATURES: Final = 10
_LEAST_OCTETS: Final = 24
_MOST_OCTETS: Final = 64


class SecretUnfitError(ValueError):
    """The text is no secret of Standard Webhooks."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """The three headers, and the octets they sign."""

    webhook_id: str
    timestamp: str
    signature: str
    body: bytes


def read_secret(text: str) -> bytes:
    """Return the key in `whsec_` and base64: 24 to 64 octets. Raises SecretUnfitError, which does not repeat it."""
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith("whsec_") or not _LEAST_OCTETS <= len(key) <= _MOST_OCTETS:
        raise SecretUnfitError("a webhook secret is whsec_ and base64 of 24 to 64 octets")
    return key


def sign(secret: bytes, webhook: Webhook) -> str:
    """Return the signature of version 1 of a webhook under one secret."""
    text = f"{webhook.webhook_id}.{webhook.timestamp}.".encode() + webhook.body
    return "v1," + base64.b64encode(hmac.digest(secret, text, "sha256")).decode()


def is_genuine(webhook: Webhook, secrets: Iterable[bytes], *, now: datetime) -> bool:
    """Tell whether any of its signatures is ours under any of `secrets` (several while one is replaced) and its time within five minutes of `now`.

    Compared in constant time, all of them.
    """
    if not _ID.fullmatch(webhook.webhook_id) or not _TIME.fullmatch(webhook.timestamp):
        return False
    given = [part.encode() for part in webhook.signature.split(" ")[:_MOST_SIGNATURES]]
    found = [
        hmac.compare_digest(signature, right)
        for right in [sign(secret, webhook).encode() for secret in secrets]
        for signature in given
    ]
    return any(found) and abs(now.timestamp() - int(webhook.timestamp)) <= TOLERANCE_SECONDS
