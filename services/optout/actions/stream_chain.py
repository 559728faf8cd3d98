"""Streams a subscriber's whole chain for a regulator or a court, with what it takes to verify it (L-092)."""

from collections.abc import AsyncIterator
from uuid import UUID

from services.optout.domain.entries import GENESIS
from services.optout.domain.exports import chain_head, chain_lines, chain_tail
from services.optout.store.ledger import read_head, read_links
from shared.kit.db import Database
from shared.schemas.ledger import ExportRecord


async def stream_chain(database: Database, *, subscriber_id: UUID, record: ExportRecord) -> AsyncIterator[bytes]:
    """Yield NDJSON up to the entry that is the last when it begins. No connection is held while the reader is slow."""
    async with database.transaction(subscriber_id) as connection:
        until = await read_head(connection, subscriber_id)
    yield chain_head(record, subscriber_id=subscriber_id, until=until)
    after, last = 0, GENESIS
    while after < until:
        async with database.transaction(subscriber_id) as connection:
            links = await read_links(connection, subscriber_id, after=after, until=until)
        if not links:
            break
        after, last = links[-1].chain_position, links[-1].hash
        yield chain_lines(links)
    yield chain_tail(after, last)
