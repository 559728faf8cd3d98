"""Showing a published content: its class and why it has it, its fields, what the rules found."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.refusals import ContentUnknownError
from services.mailer.store.contents import describe_content, find_content
from shared.schemas.contents import Content


async def show_published(connection: AsyncConnection, *, content_id: UUID, subscriber_id: UUID | None) -> Content:
    """Return a content; a client's (`subscriber_id`) must be stock or its own. Raises ContentUnknownError, also for a foreign one (S2)."""
    row = await find_content(connection, content_id)
    if row is None or (subscriber_id is not None and row.subscriber_id not in (None, subscriber_id)):
        raise ContentUnknownError
    return describe_content(row)
