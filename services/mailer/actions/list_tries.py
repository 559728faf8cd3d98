"""Lists the attempts of a message: each SMTP transaction there was about it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.refusals import MessageUnknownError
from services.mailer.store.accepting import find_message, list_attempts
from shared.kit.auth import Caller
from shared.kit.db import set_subscriber
from shared.kit.requests import page_cursor, read_id_cursor
from shared.schemas.mailer import Attempt
from shared.schemas.wire import Page


async def list_tries(
    connection: AsyncConnection, *, caller: Caller, message_id: UUID, after: str | None, limit: int
) -> Page[Attempt]:
    """Return a page, oldest first, of a message of the caller's subscriber and locations. Raises MessageUnknownError, CursorRefusedError."""
    await set_subscriber(connection, caller.subscriber)
    row = await find_message(connection, message_id)
    if row is None or not caller.covers(row.location_id):
        raise MessageUnknownError
    rows = await list_attempts(connection, message_id, after=read_id_cursor(after), limit=limit + 1)
    items = [Attempt.model_validate(dict(attempt._mapping)) for attempt in rows[:limit]]
    return Page(items=items, next=page_cursor(str(items[-1].attempt_id)) if len(rows) > limit else None)
