"""At the beginning of a location's day, marks its people: series that look some weeks ahead find those whose time has come within reach."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.store.locations import take_unswept
from services.scheduler.store.replans import mark_swept

_AT_ONCE: Final = 20


async def sweep_locations(connection: AsyncConnection, *, types: Mapping[str, CampaignType], now: datetime) -> bool:
    """Mark the people of locations whose day has begun; return whether there was any."""
    looking_ahead = [kind.slug for kind in types.values() if kind.looks_ahead_days is not None]
    swept = await take_unswept(connection, now=now, limit=_AT_ONCE)
    for subscriber_id, location_id in swept:
        await mark_swept(connection, subscriber_id=subscriber_id, location_id=location_id, types=looking_ahead)
    return bool(swept)
