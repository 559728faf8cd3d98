"""Notes that something is handed over from the ledger before the first line of it is (L-022, N-113)."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.store.exports import add_export
from shared.kit.db import set_subscriber
from shared.kit.ids import new_id
from shared.schemas.ledger import ExportRecord


async def begin_export(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    kind: Literal["chain", "suppressions"],
    purpose: str,
    requested_by: str,
    now: datetime,
) -> ExportRecord:
    """Put the export on record in the caller's transaction, which commits before anything is streamed."""
    record = ExportRecord(export_id=new_id(), kind=kind, purpose=purpose, requested_by=requested_by, made_at=now)
    await set_subscriber(connection, subscriber_id)
    await add_export(connection, subscriber_id, record)
    return record
