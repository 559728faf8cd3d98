"""Looks at a campaign as a consumer would get it, each kept with who looked."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.ids import new_id

_NOTE: Final = text("""
insert into campaign_views (subscriber_id, view_id, campaign_id, consumer_id, viewed_by, viewed_at)
values (:subscriber_id, :view_id, :campaign_id, :consumer_id, :viewed_by, :now)
""")


async def note_view(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    campaign_id: UUID,
    consumer_id: UUID,
    viewed_by: str,
    now: datetime,
) -> None:
    """Keep who had a consumer's name shown in a campaign's mail, and when."""
    values = {
        "subscriber_id": subscriber_id,
        "view_id": new_id(),
        "campaign_id": campaign_id,
        "consumer_id": consumer_id,
        "viewed_by": viewed_by,
        "now": now,
    }
    await connection.execute(_NOTE, values)
