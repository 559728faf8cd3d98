"""Routes and the shares that processes hold of their connections."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.routes import Share, grant_share
from services.mailer.store.routing_tables import route_shares, routes

LEASE_SECONDS: Final = 30.0
"""A process that has not renewed its shares for so long has none; its connections are closed by then or the relay closes them."""

_LOCK: Final = text("select pg_advisory_xact_lock(hashtext('mailer.route_shares'))")
_EDIT: Final = text("select pg_advisory_xact_lock(hashtext('mailer.routes'))")
_SHARES: Final = text("select route, worker_id, granted, open from route_shares where lease_until > clock_timestamp()")
_RENEW: Final = text("""
insert into route_shares (route, worker_id, granted, open, reason, lease_until)
values (:route, :worker_id, :granted, :open, :reason, clock_timestamp() + make_interval(secs => :seconds))
on conflict (route, worker_id) do update set
    granted = excluded.granted, open = excluded.open, reason = excluded.reason, lease_until = excluded.lease_until
""")
_DROP_DEAD: Final = text("delete from route_shares where lease_until <= clock_timestamp()")
_USE: Final = text("""
select route, count(*) as workers, sum(open) as open, max(reason) as reason from route_shares where lease_until > clock_timestamp() group by route
""")


@dataclass(frozen=True, slots=True)
class StoredRoute:
    """A route; `sealed` holds its URL, None: the one in the settings. `max_connections` None: as many as the processes are set to."""

    name: str
    sealed: bytes | None
    weight: int
    priority: int
    max_connections: int | None
    state: Literal["active", "paused"]
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class RouteUse:
    """What the processes last said about a route."""

    workers: int
    open: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class LaneReport:
    """What one process says about a route, and the limit that is to be shared."""

    route: str
    open: int
    reason: str | None
    limit: int | None


async def edit_alone(connection: AsyncConnection) -> None:
    """Keep others from changing routes until the transaction ends: two who read the same version do not both write."""
    await connection.execute(_EDIT)


async def find_routes(connection: AsyncConnection) -> list[StoredRoute]:
    """Return all routes by name."""
    rows = await connection.execute(select(routes).order_by(routes.c.name))
    return [StoredRoute(**row._mapping) for row in rows]


async def keep_route(connection: AsyncConnection, route: StoredRoute) -> None:
    """Store a route under its name."""
    values = asdict(route)
    same = {name: value for name, value in values.items() if name != "name"}
    await connection.execute(insert(routes).values(values).on_conflict_do_update(index_elements=["name"], set_=same))


async def drop_route(connection: AsyncConnection, name: str) -> None:
    """Forget a route. Sessions over it end with their next message."""
    await connection.execute(delete(routes).where(routes.c.name == name))


async def renew_shares(
    connection: AsyncConnection, *, worker_id: UUID, reports: Sequence[LaneReport]
) -> dict[str, int]:
    """Report what this process holds and return what it may hold of each route with a limit; one process at a time."""
    await connection.execute(_LOCK)
    await connection.execute(_DROP_DEAD)
    standing: dict[str, dict[UUID, Share]] = {}
    for row in await connection.execute(_SHARES):
        standing.setdefault(row.route, {})[row.worker_id] = Share(row.granted, row.open)
    granted = {
        report.route: grant_share(report.limit, standing.get(report.route, {}), worker_id)
        for report in reports
        if report.limit is not None
    }
    rows = [
        {
            "route": report.route,
            "worker_id": worker_id,
            "granted": granted.get(report.route, 0),
            "open": report.open,
            "reason": report.reason,
            "seconds": LEASE_SECONDS,
        }
        for report in reports
    ]
    if rows:
        await connection.execute(_RENEW, rows)
    return granted


async def drop_shares(connection: AsyncConnection, worker_id: UUID) -> None:
    """Give this process's shares back at a clean stop."""
    await connection.execute(delete(route_shares).where(route_shares.c.worker_id == worker_id))


async def find_use(connection: AsyncConnection) -> Mapping[str, RouteUse]:
    """Return what is open over each route at present."""
    rows = await connection.execute(_USE)
    return {row.route: RouteUse(row.workers, row.open, row.reason) for row in rows}
