"""Reports touches by campaign type, state and month."""

from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.report_touches import ReportFilter, count_touches
from shared.schemas.reports import Report, TouchCount

FORMULA: Final = "Touches due in the span, counted by the local month in which they are due, campaign type and state."


async def report_touches(connection: AsyncConnection, wanted: ReportFilter) -> Report[TouchCount]:
    """Return the counts; their rows are listed by the same filter."""
    rows = await count_touches(connection, wanted)
    return Report[TouchCount](formula=FORMULA, items=[TouchCount.model_validate(row) for row in rows])
