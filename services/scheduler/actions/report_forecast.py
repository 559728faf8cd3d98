"""Reports the mail expected in the next seven days."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.report_touches import forecast_touches
from shared.schemas.reports import ForecastDay, Report

FORMULA: Final = (
    "Planned touches by the local day on which they are due, today and the six days after, and the addresses they go to: one address gets "
    "one message a day, so addresses is what to expect. What is held, or still to be planned, is not counted; invitations "
    "that find no room in the calendar move on (report capacity)."
)


async def report_forecast(
    connection: AsyncConnection, *, subscriber_id: UUID, locations: Sequence[UUID] | None, now: datetime
) -> Report[ForecastDay]:
    """Return days and campaign types; their touches are listed in state `planned`."""
    rows = await forecast_touches(connection, subscriber_id=subscriber_id, locations=locations, now=now)
    return Report[ForecastDay](formula=FORMULA, items=[ForecastDay.model_validate(row) for row in rows])
