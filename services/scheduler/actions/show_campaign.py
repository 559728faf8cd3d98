"""Shows one campaign of a subscriber."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.campaigns import find_campaign
from shared.kit.errors import NotFoundError
from shared.schemas.scheduler import Campaign


async def show_campaign(connection: AsyncConnection, *, subscriber_id: UUID, campaign_id: UUID) -> Campaign:
    """Return the campaign or raise NotFoundError, for a foreign id as for an unknown one."""
    found = await find_campaign(connection, subscriber_id=subscriber_id, campaign_id=campaign_id)
    if found is None:
        raise NotFoundError
    return found
