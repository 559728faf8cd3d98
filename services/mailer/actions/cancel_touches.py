"""Cancelling: what has not been handed over will not leave."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.store.accepting import cancel_live
from shared.kit.db import set_subscriber
from shared.schemas.mailer import CancelAnswer


async def cancel_touches(
    connection: AsyncConnection, *, subscriber_id: UUID, touch_ids: Sequence[UUID], now: datetime
) -> CancelAnswer:
    """Cancel the messages of these touches; those handed over, or just being, are too late (N-41, I24)."""
    await set_subscriber(connection, subscriber_id)
    cancelled, late = await cancel_live(connection, subscriber_id, touch_ids, now=now)
    return CancelAnswer(cancelled=cancelled, too_late=late)
