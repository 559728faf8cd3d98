"""Reports what calendars have free and how many invitations that lets flow."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.capacity import FORMULA
from services.scheduler.store.capacity import read_capacities
from shared.schemas.capacity import LocationCapacity
from shared.schemas.reports import Report


async def report_capacity(
    connection: AsyncConnection, *, subscriber_id: UUID, locations: Sequence[UUID] | None, now: datetime
) -> Report[LocationCapacity]:
    """Return each location's figures of this moment."""
    rows = await read_capacities(connection, subscriber_id=subscriber_id, locations=locations, now=now)
    return Report[LocationCapacity](formula=FORMULA, items=[LocationCapacity.model_validate(row) for row in rows])
