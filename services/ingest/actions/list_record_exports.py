"""Lists what was taken out, newest first (S-056)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.store.exports import list_made
from shared.kit.auth import Caller
from shared.kit.db import set_subscriber
from shared.kit.requests import page_cursor, read_time_cursor
from shared.schemas.record_exports import RecordExport
from shared.schemas.wire import Page


async def list_record_exports(
    connection: AsyncConnection, *, caller: Caller, after: str | None, limit: int
) -> Page[RecordExport]:
    """Return a page. Raises CursorRefusedError."""
    await set_subscriber(connection, caller.subscriber)
    rows = await list_made(connection, before=read_time_cursor(after), limit=limit + 1)
    more = len(rows) > limit
    last = rows[:limit][-1] if more else None
    return Page(items=rows[:limit], next=page_cursor(last.made_at.isoformat(), str(last.export_id)) if last else None)
