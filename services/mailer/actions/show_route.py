"""One route with what is open over it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.actions.show_routes import show_routes
from services.mailer.domain.refusals import RouteUnknownError
from services.mailer.settings import Settings
from shared.schemas.routes import Route


async def show_route(connection: AsyncConnection, *, name: str, settings: Settings, now: datetime) -> Route:
    """Return it or raise RouteUnknownError; there are few routes, so all are read."""
    shown = await show_routes(connection, settings=settings, now=now)
    found = next((route for route in shown.items if route.name == name), None)
    if found is None:
        raise RouteUnknownError
    return found
