"""Reads how far planning and dispatch are for the subscriber of the connection's context."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.reading import read_figures
from shared.kit.feed import START
from shared.schemas.scheduler import PlanStatus


async def read_status(connection: AsyncConnection, *, now: datetime) -> PlanStatus:
    """Return the figures; a feed never read stands at its start."""
    figures = await read_figures(connection, now=now)
    for name in ("facts_cursor", "outcomes_cursor"):
        figures[name] = figures[name] or START
    return PlanStatus(**figures)
