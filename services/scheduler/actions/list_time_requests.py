"""Lists for what appointments another time was asked, for the front desk."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.answers import read_time_requests
from shared.kit.requests import read_time_cursor, time_page
from shared.schemas.answers import TimeRequest, TimeRequestState
from shared.schemas.wire import Page


async def list_time_requests(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    state: TimeRequestState | None,
    locations: Sequence[UUID] | None,
    after: str | None,
    limit: int,
    now: datetime,
) -> Page[TimeRequest]:
    """Return a page in the order they were asked; `locations` None: of all. Raises CursorRefusedError."""
    found = await read_time_requests(
        connection,
        subscriber_id=subscriber_id,
        state=state,
        locations=locations,
        after=read_time_cursor(after),
        limit=limit + 1,
        now=now,
    )
    return time_page(found, limit, lambda last: (last.asked_at, last.appointment_id))
