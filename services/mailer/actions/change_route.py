"""Adding or changing a route; sessions follow within 2 s."""

from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.actions.show_route import show_route
from services.mailer.domain.refusals import RouteUrlRefusedError
from services.mailer.domain.routes import DEFAULT
from services.mailer.domain.sealing import route_place
from services.mailer.domain.versions import change_after, version_of
from services.mailer.settings import Settings
from services.mailer.store.paces import keep_paces, lock_or_make
from services.mailer.store.routes import StoredRoute, edit_alone, find_routes, keep_route
from shared.kit.relay_url import RelayUrlRefusedError
from shared.kit.requests import refuse_stale
from shared.schemas.routes import Route, RouteInput


async def change_route(
    connection: AsyncConnection,
    *,
    name: str,
    given: RouteInput,
    version: int | None,
    settings: Settings,
    now: datetime,
) -> Route:
    """Store a route and its limits and return it as it stands; a new one needs no version, `default` is never new.

    Raises RouteUrlRefusedError, VersionNeededError and VersionMismatchError.
    """
    sealed = _seal(name, given.url.get_secret_value(), settings) if given.url is not None else None
    await edit_alone(connection)
    known = next((route for route in await find_routes(connection) if route.name == name), None)
    changed_at = known.changed_at if known else None
    refuse_stale(version, stored=version_of(changed_at) if known or name == DEFAULT else None)
    if sealed is None:
        sealed = known.sealed if known else None
    if sealed is None and name != DEFAULT:
        raise RouteUrlRefusedError("a new route needs the `url` of its relay")
    await keep_route(
        connection,
        StoredRoute(
            name,
            sealed,
            given.weight,
            given.priority,
            given.max_connections,
            given.state,
            change_after(changed_at, now),
        ),
    )
    pace = (await lock_or_make(connection, [("route", name)]))["route", name]
    await keep_paces(
        connection, [replace(pace, per_second=given.per_second, per_hour=given.per_hour, per_day=given.per_day)]
    )
    return await show_route(connection, name=name, settings=settings, now=now)


def _seal(name: str, url: str, settings: Settings) -> bytes:
    try:
        settings.relay_at(url, variable="url")
    except RelayUrlRefusedError as refused:
        raise RouteUrlRefusedError(str(refused)) from None
    return settings.route_cipher.encrypt(url.encode(), route_place(name))
