"""A source's push: its secret follows from the subscriber's keys, so that none is stored, and what may be wrong with a push."""

import base64
from typing import Final
from uuid import UUID

from shared.kit.crypto import keyed_hash
from shared.kit.errors import Problem

MOST_OCTETS: Final = 1024**2


class PushNotGenuineError(Problem):
    """No such connection, none that may push, a signature that does not fit, or a time more than five minutes off: the same answer for all (S73)."""

    status, code, title = 401, "push_not_genuine", "The signature, its time or the connection is not right."
    headers = {"WWW-Authenticate": "Webhook"}  # noqa: RUF012


def secret_of(key: bytes, connection_id: UUID, generation: int) -> bytes:
    """Return the octets of a connection's secret; another generation is another secret."""
    parts = [
        keyed_hash(key, b"webhook:" + connection_id.bytes + bytes([half]) + generation.to_bytes(4, "big"))
        for half in (0, 1)
    ]
    return b"".join(parts)[:32]


def written_secret(secret: bytes) -> str:
    """Return a secret as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secret).decode()
