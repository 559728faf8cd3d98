"""How the queue stands."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.store.queue import count_queue, find_oldest_due
from shared.schemas.mailer import Queue, QueueCount


async def show_queue(connection: AsyncConnection, *, subscriber_id: UUID | None, now: datetime) -> Queue:
    """Return the counts of a subscriber's queue, or of all (None), and since when its oldest due message waits."""
    counts = await count_queue(connection, subscriber_id)
    oldest = await find_oldest_due(connection, subscriber_id, now=now)
    return Queue(
        counts=[
            QueueCount(state=state, count=count.number, is_estimate=count.is_estimate)
            for state, count in counts.items()
        ],
        oldest_due_at=oldest,
        oldest_due_seconds=int((now - oldest).total_seconds()) if oldest else None,
    )
