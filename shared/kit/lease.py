"""Leadership by lease: one row in table `leases`, time from the database's clock, so that no two holders overlap."""

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.db import Database

_TAKE = """
insert into leases as held (name, holder, expires_at) values ($1, $2, clock_timestamp() + make_interval(secs => $3))
on conflict (name) do update set holder = excluded.holder, expires_at = excluded.expires_at
where held.holder = excluded.holder or held.expires_at < clock_timestamp()
returning true
"""
_DROP = text("delete from leases where name = :name and holder = :holder")


async def take_lease(database: Database, *, name: str, holder: UUID, seconds: float) -> bool:
    """Take or renew the lease `name` for `holder`; false while somebody else's is alive."""
    return bool(await database.glance(_TAKE, name, holder, seconds))


async def drop_lease(connection: AsyncConnection, *, name: str, holder: UUID) -> None:
    """Give the lease back at a clean stop, so that the successor need not wait."""
    await connection.execute(_DROP, {"name": name, "holder": holder})
