"""Removing a route; its sessions end with the message they are handing over."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.pacing import Pace
from services.mailer.domain.refusals import RouteUnknownError
from services.mailer.domain.versions import version_of
from services.mailer.store.paces import keep_paces
from services.mailer.store.routes import drop_route, edit_alone, find_routes
from shared.kit.requests import refuse_stale


async def remove_route(connection: AsyncConnection, *, name: str, version: int) -> None:
    """Forget a route; of `default` only what was changed is forgotten. Raises RouteUnknownError and VersionMismatchError."""
    await edit_alone(connection)
    known = next((route for route in await find_routes(connection) if route.name == name), None)
    if known is None:
        raise RouteUnknownError
    refuse_stale(version, stored=version_of(known.changed_at))
    await drop_route(connection, name)
    await keep_paces(connection, [Pace("route", name)])
