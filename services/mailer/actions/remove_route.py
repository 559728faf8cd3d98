"""Removing a route; its sessions end with the message they are handing over."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.pacing import Pace
from services.mailer.domain.refusals import RouteUnknownError
from services.mailer.store.paces import keep_paces
from services.mailer.store.routes import drop_route


async def remove_route(connection: AsyncConnection, *, name: str) -> None:
    """Forget a route or raise RouteUnknownError; of `default` only what was changed is forgotten."""
    if not await drop_route(connection, name):
        raise RouteUnknownError
    await keep_paces(connection, [Pace("route", name)])
