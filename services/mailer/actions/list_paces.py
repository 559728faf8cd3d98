"""The paces of recipients' providers and sender domains; those of routes are shown with the routes."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.pace_page import describe_pace
from services.mailer.store.paces import find_paces
from shared.schemas.routes import Paces


async def list_paces(connection: AsyncConnection, *, now: datetime) -> Paces:
    """Return them by kind and key."""
    return Paces(items=[describe_pace(pace, now) for pace in await find_paces(connection) if pace.kind != "route"])
