"""All routes with what is open over them."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.pacing import Pace, refresh
from services.mailer.domain.routes import DEFAULT
from services.mailer.domain.versions import version_of
from services.mailer.settings import Settings
from services.mailer.smtp.connect import Relay
from services.mailer.store.paces import find_paces
from services.mailer.store.routes import RouteUse, StoredRoute, find_routes, find_use
from shared.schemas.routes import Route, Routes


async def show_routes(connection: AsyncConnection, *, settings: Settings, now: datetime) -> Routes:
    """Return them by priority and name; `default` is always among them."""
    stored = await find_routes(connection)
    if all(route.name != DEFAULT for route in stored):
        stored.append(StoredRoute(DEFAULT, None, 1, 0, None, "active", None))
    use = await find_use(connection)
    paces = {pace.key: refresh(pace, now) for pace in await find_paces(connection, "route")}
    shown = [
        _describe(route, settings.relay_of(route.name, route.sealed), use.get(route.name), paces.get(route.name))
        for route in stored
    ]
    return Routes(items=sorted(shown, key=lambda route: (route.priority, route.name)))


def _describe(route: StoredRoute, relay: Relay | None, use: RouteUse | None, pace: Pace | None) -> Route:
    return Route(
        name=route.name,
        relay=f"{relay.host}:{relay.port}" if relay else "unusable",
        tls=relay.tls.value if relay else "required",
        weight=route.weight,
        priority=route.priority,
        max_connections=route.max_connections,
        state=route.state,
        connections=use.open if use else 0,
        workers=use.workers if use else 0,
        reason=use.reason if use else None,
        rate=pace.rate if pace else None,
        changed_at=route.changed_at,
        version=version_of(route.changed_at),
        per_second=pace.per_second if pace else None,
        per_hour=pace.per_hour if pace else None,
        per_day=pace.per_day if pace else None,
    )
