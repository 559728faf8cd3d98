"""Keeps bookings that their people confirmed here, to be written into the practice system."""

from datetime import datetime
from typing import Final

from pydantic import TypeAdapter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.store.write_backs import keep_confirmed
from shared.kit.db import set_subscriber
from shared.schemas.write_backs import Confirmation, ConfirmationsInput, ConfirmationsKept

_ROWS: Final = TypeAdapter(list[Confirmation])


async def keep_confirmations(
    connection: AsyncConnection, *, given: ConfirmationsInput, now: datetime
) -> ConfirmationsKept:
    """Return how many were new. A booking moved, cancelled or unknown is counted as pointless: the source knows better (S-122)."""
    await set_subscriber(connection, given.subscriber_id)
    unique = {row.confirmation_id: row for row in given.confirmations}
    rows = _ROWS.dump_json(list(unique.values())).decode()
    counts = await keep_confirmed(connection, subscriber_id=given.subscriber_id, rows=rows, now=now)
    repeated = counts.repeated + len(given.confirmations) - len(unique)
    return ConfirmationsKept(
        kept=counts.kept, repeated=repeated, pointless=len(given.confirmations) - counts.kept - repeated
    )
