"""Streams the opt-outs in force of a subscriber as keyed hashes, for whoever mails for it next: no address can be read from it (L-013, L-022)."""

from collections.abc import AsyncIterator
from itertools import groupby
from uuid import UUID

from services.optout.domain.entries import LedgerEntry
from services.optout.domain.exports import list_head, list_line, list_tail
from services.optout.domain.permission import stops_in_force
from services.optout.store.ledger import read_stops
from shared.kit.db import Database
from shared.schemas.ledger import ExportRecord

_ENTRIES = 2000


async def stream_suppressions(
    database: Database, *, subscriber_id: UUID, record: ExportRecord, key: bytes
) -> AsyncIterator[bytes]:
    """Yield NDJSON, an address's denials together, in no order that tells anything. No connection is held while the reader is slow."""
    yield list_head(record)
    after, position, is_last = "", 0, False
    held: list[LedgerEntry] = []
    listed = 0
    while not is_last:
        async with database.transaction(subscriber_id) as connection:
            links = await read_stops(connection, subscriber_id, after=(after, position), limit=_ENTRIES)
        is_last = len(links) < _ENTRIES
        held += links
        if links:
            after, position = links[-1].entry.address_key or "", links[-1].chain_position
        # The last address of a part may go on in the next one.
        ready = [link for link in held if is_last or link.entry.address_key != after]
        held = [] if is_last else [link for link in held if link.entry.address_key == after]
        lines = [
            list_line(entry, key, record.export_id)
            for _, group in groupby(ready, lambda link: link.entry.address_key)
            for entry in stops_in_force(link.entry for link in group)
        ]
        listed += len(lines)
        if lines:
            yield b"".join(sorted(lines))
    yield list_tail(listed)
