"""Connections: the sources of a location, and when each last delivered (S-121)."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.feed import NewChange, append_changes
from shared.schemas.ingest import Connection

_INSERT: Final = text("""
with first as (
    insert into connections (subscriber_id, connection_id, location_id, connector, name, interval_minutes, go_live_at, created_at, is_primary)
    values (:subscriber, :connection_id, :location_id, :connector, :name, :interval_minutes, :go_live_at, :created_at, true)
    on conflict (subscriber_id, location_id) where is_primary do nothing returning *
), another as (
    insert into connections (subscriber_id, connection_id, location_id, connector, name, interval_minutes, go_live_at, created_at)
    select :subscriber, :connection_id, :location_id, :connector, :name, :interval_minutes, :go_live_at, :created_at
    where not exists (select from first) returning *
)
select * from first union all select * from another
""")
_FIND: Final = text("select * from connections where subscriber_id = :subscriber and connection_id = :connection")
_LOCK: Final = text("""
with locked as materialized (select * from connections where subscriber_id = :subscriber order by connection_id for update)
select * from locked where connection_id = :connection
""")
_END: Final = text("""
update connections set ended_at = :now, version = version + 1, webhook_generation = 0, is_primary = false
where subscriber_id = :subscriber and connection_id = :connection returning *
""")
_OLDEST: Final = text("""
select connection_id from connections where subscriber_id = :subscriber and location_id = :location and ended_at is null
order by created_at, connection_id limit 1
""")
_NO_PRIMARY: Final = text("""
update connections set is_primary = false, version = version + 1
where subscriber_id = :subscriber and location_id = :location and is_primary returning connection_id
""")
_PRIMARY: Final = text("""
update connections set is_primary = true, version = version + 1
where subscriber_id = :subscriber and connection_id = :connection returning *
""")
_LIST: Final = text("""
select * from connections
where subscriber_id = :subscriber and (cast(:after as uuid) is null or connection_id > :after)
    and (cast(:locations as uuid[]) is null or location_id = any(cast(:locations as uuid[])))
order by connection_id limit :limit
""")
_SUCCEED: Final = text("""
update connections set last_success_at = greatest(last_success_at, :now) where subscriber_id = :subscriber and connection_id = :connection
""")
_RENEW: Final = text("""
update connections set webhook_generation = webhook_generation + :step, version = version + 1
where subscriber_id = :subscriber and connection_id = :connection returning webhook_generation
""")
_WEBHOOK: Final = text(
    "select webhook_generation from connections where subscriber_id = :subscriber and connection_id = :connection"
)


async def insert_connection(connection: AsyncConnection, *, subscriber_id: UUID, made: Connection) -> Connection:
    """Keep a new connection, the primary if its location has none, and tell the feed; return it as kept."""
    kept = await connection.execute(_INSERT, {"subscriber": subscriber_id, **made.model_dump()})
    await append_changes(connection, [NewChange(subscriber_id, "connection", made.connection_id)])
    return _connection(kept.one())


async def find_connection(
    connection: AsyncConnection, *, subscriber_id: UUID, connection_id: UUID
) -> Connection | None:
    """Return a connection or None."""
    row = (await connection.execute(_FIND, {"subscriber": subscriber_id, "connection": connection_id})).first()
    return _connection(row) if row else None


async def lock_source(connection: AsyncConnection, *, subscriber_id: UUID, connection_id: UUID) -> Connection | None:
    """Return a connection, or None; all of the subscriber's are locked against other edits, in one order."""
    row = (await connection.execute(_LOCK, {"subscriber": subscriber_id, "connection": connection_id})).first()
    return _connection(row) if row else None


async def end_source(
    connection: AsyncConnection, *, subscriber_id: UUID, connection_id: UUID, now: datetime
) -> Connection:
    """Write that a connection has ended, and tell the feed; no secret of its pushes is good from now on."""
    values = {"subscriber": subscriber_id, "connection": connection_id, "now": now}
    await append_changes(connection, [NewChange(subscriber_id, "connection", connection_id)])
    return _connection((await connection.execute(_END, values)).one())


async def find_oldest(connection: AsyncConnection, *, subscriber_id: UUID, location_id: UUID) -> UUID | None:
    """Return the oldest connection of a location that has not ended, or None."""
    values = {"subscriber": subscriber_id, "location": location_id}
    found: UUID | None = await connection.scalar(_OLDEST, values)
    return found


async def name_primary(
    connection: AsyncConnection, *, subscriber_id: UUID, location_id: UUID, connection_id: UUID
) -> tuple[Connection, list[UUID]]:
    """Make a connection the primary of its location; return it, and the one that was."""
    values = {"subscriber": subscriber_id, "location": location_id, "connection": connection_id}
    before = list(await connection.scalars(_NO_PRIMARY, values))
    return _connection((await connection.execute(_PRIMARY, values)).one()), before


async def list_connections(
    connection: AsyncConnection, *, subscriber_id: UUID, location_ids: list[UUID] | None, after: UUID | None, limit: int
) -> list[Connection]:
    """Return a page of connections by id; `location_ids` None means all."""
    values = {"subscriber": subscriber_id, "locations": location_ids, "after": after, "limit": limit}
    return [_connection(row) for row in await connection.execute(_LIST, values)]


async def note_success(connection: AsyncConnection, *, subscriber_id: UUID, connection_id: UUID, now: datetime) -> None:
    """Note that the source has delivered, and tell the feed: data is fresh again (S-126)."""
    values = {"subscriber": subscriber_id, "connection": connection_id, "now": now}
    await connection.execute(_SUCCEED, values)
    await append_changes(connection, [NewChange(subscriber_id, "connection", connection_id)])


async def renew_webhook(connection: AsyncConnection, *, subscriber_id: UUID, connection_id: UUID, step: int) -> int:
    """Move a connection `step` secrets on and return the number of the present one, from 1."""
    values = {"subscriber": subscriber_id, "connection": connection_id, "step": step}
    return int((await connection.execute(_RENEW, values)).scalar_one())


async def find_webhook(connection: AsyncConnection, *, subscriber_id: UUID, connection_id: UUID) -> int:
    """Return the number of a connection's present secret, 0 if there is no such connection or it may not push."""
    return await connection.scalar(_WEBHOOK, {"subscriber": subscriber_id, "connection": connection_id}) or 0


def _connection(row: Any) -> Connection:
    return Connection(**{name: getattr(row, name) for name in Connection.model_fields})
