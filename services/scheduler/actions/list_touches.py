"""Lists touches, each with its reason as a sentence."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.described_touch import describe_touch
from services.scheduler.store.reading import TouchFilter, read_touches
from shared.kit.requests import read_time_cursor, time_page
from shared.schemas.scheduler import Touch
from shared.schemas.wire import Page


async def list_touches(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    wanted: TouchFilter,
    types: Mapping[str, CampaignType],
    after: str | None,
    limit: int,
) -> Page[Touch]:
    """Return a page of touches by due time. Raises CursorRefusedError."""
    position = read_time_cursor(after)
    rows = await read_touches(connection, subscriber_id=subscriber_id, wanted=wanted, after=position, limit=limit + 1)
    return time_page([describe_touch(row, types) for row in rows], limit, lambda last: (last.due_at, last.touch_id))
