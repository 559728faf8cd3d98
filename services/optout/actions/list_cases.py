"""Lists the privacy cases of a business, or of the platform, oldest first."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.case_views import listed
from services.optout.store.cases import list_cases as read_cases
from shared.kit.db import set_subscriber
from shared.kit.requests import read_time_cursor, time_page
from shared.schemas.privacy_cases import CaseListed
from shared.schemas.wire import Page


async def list_cases(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    locations: Sequence[UUID],
    is_open: bool | None,
    after: str | None,
    limit: int,
    now: datetime,
) -> Page[CaseListed]:
    """Return a page. Raises CursorRefusedError."""
    await set_subscriber(connection, subscriber_id)
    found = await read_cases(
        connection,
        subscriber_id=subscriber_id,
        locations=locations,
        is_open=is_open,
        after=read_time_cursor(after),
        limit=limit + 1,
    )
    items = [listed(case, now) for case in found]
    return time_page(items, limit, lambda last: (last.opened_at, last.case_id))
