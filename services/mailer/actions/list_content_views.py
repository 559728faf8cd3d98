"""Lists who had content shown, for the operator: every look leaves a trace, and somebody reads the traces (S-008)."""

from uuid import UUID

from services.mailer.store.evidence import list_views
from shared.kit.db import Database
from shared.kit.requests import read_time_cursor, time_page
from shared.schemas.mailer import ContentView
from shared.schemas.wire import Page


async def list_content_views(
    database: Database, *, subscriber_id: UUID | None, message_id: UUID | None, after: str | None, limit: int
) -> Page[ContentView]:
    """Return a page, newest first, of all subscribers or of one, of all messages or of one. Raises CursorRefusedError."""
    position = read_time_cursor(after)
    async with database.transaction() as crossing:
        rows = await list_views(
            crossing, subscriber_id=subscriber_id, message_id=message_id, after=position, limit=limit + 1
        )
    views = [ContentView.model_validate(dict(row._mapping)) for row in rows]
    return time_page(views, limit, lambda last: (last.viewed_at, last.view_id))
