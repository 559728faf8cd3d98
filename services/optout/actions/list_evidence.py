"""Shows what is on file for an address of a subscriber: the proof behind every answer."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.entries import LedgerEntry
from services.optout.store.ledger import read_address
from shared.kit.db import set_subscriber


async def list_evidence(connection: AsyncConnection, *, subscriber_id: UUID, address_key: str) -> list[LedgerEntry]:
    """Return the entries of this subscriber for the address, oldest first; other subscribers' and the platform's stay unseen."""
    await set_subscriber(connection, subscriber_id)
    return await read_address(connection, subscriber_id, address_key)
