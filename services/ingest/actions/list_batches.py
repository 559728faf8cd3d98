"""Lists batches, newest ids first: what was uploaded, and what waits in quarantine for a person."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.store.batches import list_reports
from shared.kit.auth import Caller
from shared.kit.db import set_subscriber
from shared.kit.requests import page_cursor, read_id_cursor
from shared.schemas.ingest import BatchReport
from shared.schemas.wire import Page


async def list_batches(
    connection: AsyncConnection, *, caller: Caller, state: str | None, after: str | None, limit: int
) -> Page[BatchReport]:
    """Return a page of reports without their rejections, of locations that the caller covers. Raises CursorRefusedError."""
    last = read_id_cursor(after)
    await set_subscriber(connection, caller.subscriber)
    items = await list_reports(
        connection,
        subscriber_id=caller.subscriber,
        state=state,
        location_ids=list(caller.location_ids) or None,
        before=last,
        limit=limit + 1,
    )
    more = len(items) > limit
    return Page(items=items[:limit], next=page_cursor(str(items[limit - 1].batch_id)) if more else None)
