"""Lists touches, each with its reason as a sentence."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.touch_words import tell_touch
from services.scheduler.store.reading import TouchFilter, read_touches
from shared.schemas.scheduler import Touch


async def list_touches(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    wanted: TouchFilter,
    types: Mapping[str, CampaignType],
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[Touch]:
    """Return touches by due time, from behind `after`."""
    rows = await read_touches(connection, subscriber_id=subscriber_id, wanted=wanted, after=after, limit=limit)
    return [tell_touch(row, types) for row in rows]
