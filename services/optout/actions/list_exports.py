"""Shows a subscriber what was handed over from its ledger, newest first."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.store.exports import list_made
from shared.kit.db import set_subscriber
from shared.kit.requests import read_time_cursor, time_page
from shared.schemas.ledger import ExportRecord
from shared.schemas.wire import Page


async def list_exports(
    connection: AsyncConnection, *, subscriber_id: UUID, after: str | None, limit: int
) -> Page[ExportRecord]:
    """Return a page. Raises CursorRefusedError."""
    await set_subscriber(connection, subscriber_id)
    rows = await list_made(connection, before=read_time_cursor(after), limit=limit + 1)
    return time_page(rows, limit, lambda last: (last.made_at, last.export_id))
