"""Shows a batch's report again, also while it runs."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.batch import BatchUnknownError
from services.ingest.store.batches import find_report
from services.ingest.store.connections import find_connection
from shared.kit.auth import Caller
from shared.kit.db import set_subscriber
from shared.schemas.ingest import BatchReport


async def show_batch(connection: AsyncConnection, *, caller: Caller, batch_id: UUID) -> BatchReport:
    """Return the report or raise BatchUnknownError, the same for foreign, uncovered and unknown ids (S2)."""
    subscriber_id = caller.subscriber
    await set_subscriber(connection, subscriber_id)
    report = await find_report(connection, subscriber_id=subscriber_id, batch_id=batch_id)
    if report is None:
        raise BatchUnknownError
    source = await find_connection(connection, subscriber_id=subscriber_id, connection_id=report.connection_id)
    if source is None or not caller.covers(source.location_id):
        raise BatchUnknownError
    return report
