"""Every stop that is set."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.store.cancelling import list_stops
from shared.schemas.mailer import Cancellation, Stop, Stops


async def list_all_stops(connection: AsyncConnection) -> Stops:
    """Return the stops with how far their cancellations are. They are few: people set them."""
    return Stops(
        items=[
            Stop(
                scope=row.scope,
                id=row.id,
                stopped_at=row.stopped_at,
                cancellation=Cancellation(asked_at=row.asked_at, cancelled=row.cancelled, finished_at=row.finished_at)
                if row.asked_at
                else None,
            )
            for row in await list_stops(connection)
        ]
    )
