"""Lists a subscriber's messages in one state, first of all those that a person must settle (architecture 4)."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.store.doubts import list_in_state
from shared.kit.auth import Caller
from shared.kit.db import set_subscriber
from shared.kit.requests import page_cursor, read_id_cursor
from shared.schemas.mailer import MessageState, MessageSummary
from shared.schemas.wire import Page


async def list_messages(
    connection: AsyncConnection, *, caller: Caller, state: MessageState, after: str | None, limit: int
) -> Page[MessageSummary]:
    """Return one page, oldest first, of the locations that the caller may see. Raises CursorRefusedError."""
    await set_subscriber(connection, caller.subscriber)
    rows = await list_in_state(
        connection,
        caller.subscriber,
        state,
        location_ids=caller.location_ids,
        after=read_id_cursor(after),
        limit=limit + 1,
    )
    items = [
        MessageSummary(
            message_id=row.message_id,
            location_id=row.location_id,
            campaign_id=row.campaign_id,
            state=row.state,
            reason=row.reason,
            phase=row.phase,
            attempts=row.attempts,
            accepted_at=row.accepted_at,
            handed_over_at=row.marked_at,
            at=row.final_at,
        )
        for row in rows[:limit]
    ]
    return Page(items=items, next=page_cursor(str(items[-1].message_id)) if len(rows) > limit else None)
