"""The place a message's personal part is sealed to, so that it opens in its own row only (S80)."""

from uuid import UUID


def seal_place(message_id: UUID) -> bytes:
    """Return the associated data of a message's sealed column."""
    return b"messages.sealed:" + message_id.bytes
