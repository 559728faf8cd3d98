"""Shows a subscriber what was handed over from its ledger, newest first."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.store.exports import list_made
from shared.kit.db import set_subscriber
from shared.kit.requests import page_cursor, read_time_cursor
from shared.schemas.ledger import ExportRecord
from shared.schemas.wire import Page


async def list_exports(
    connection: AsyncConnection, *, subscriber_id: UUID, after: str | None, limit: int
) -> Page[ExportRecord]:
    """Return a page. Raises CursorRefusedError."""
    await set_subscriber(connection, subscriber_id)
    rows = await list_made(connection, before=read_time_cursor(after), limit=limit + 1)
    items = rows[:limit]
    more = page_cursor(items[-1].made_at.isoformat(), str(items[-1].export_id)) if len(rows) > limit else None
    return Page(items=items, next=more)
