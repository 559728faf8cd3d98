"""The places personal parts and private keys are sealed to, so that each opens in its own row only (S80)."""

from uuid import UUID


def seal_place(message_id: UUID) -> bytes:
    """Return the associated data of a message's sealed column."""
    return b"messages.sealed:" + message_id.bytes


def key_place(subscriber_id: UUID, domain: str, selector: str) -> bytes:
    """Return the associated data of a sender key's sealed column."""
    return b"sender_keys.sealed:" + subscriber_id.bytes + f"{domain}/{selector}".encode()


def route_place(name: str) -> bytes:
    """Return the associated data of a route's sealed column."""
    return b"routes.sealed:" + name.encode()


def note_place(settlement_id: UUID) -> bytes:
    """Return the associated data of a settlement's note, in which a person may have named somebody."""
    return b"settlements.sealed_note:" + settlement_id.bytes
