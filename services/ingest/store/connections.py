"""Connections: the sources of a location, and when each last delivered (S-121)."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.feed import NewChange, append_changes
from shared.schemas.ingest import Connection

_INSERT: Final = text("""
insert into connections (subscriber_id, connection_id, location_id, connector, name, interval_minutes, go_live_at, created_at)
values (:subscriber, :connection_id, :location_id, :connector, :name, :interval_minutes, :go_live_at, :created_at)
""")
_FIND: Final = text("select * from connections where subscriber_id = :subscriber and connection_id = :connection")
_LOCK: Final = text(f"{_FIND.text} for update")
_END: Final = text("""
update connections set ended_at = :now, version = version + 1, webhook_generation = 0
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


async def insert_connection(connection: AsyncConnection, *, subscriber_id: UUID, made: Connection) -> None:
    """Keep a new connection and tell the feed."""
    await connection.execute(_INSERT, {"subscriber": subscriber_id, **made.model_dump()})
    await append_changes(connection, [NewChange(subscriber_id, "connection", made.connection_id)])


async def find_connection(
    connection: AsyncConnection, *, subscriber_id: UUID, connection_id: UUID
) -> Connection | None:
    """Return a connection or None."""
    row = (await connection.execute(_FIND, {"subscriber": subscriber_id, "connection": connection_id})).first()
    return _connection(row) if row else None


async def lock_source(connection: AsyncConnection, *, subscriber_id: UUID, connection_id: UUID) -> Connection | None:
    """Return a connection, locked against other edits, or None."""
    row = (await connection.execute(_LOCK, {"subscriber": subscriber_id, "connection": connection_id})).first()
    return _connection(row) if row else None


async def end_source(
    connection: AsyncConnection, *, subscriber_id: UUID, connection_id: UUID, now: datetime
) -> Connection:
    """Write that a connection has ended; no secret of its pushes is good from now on."""
    values = {"subscriber": subscriber_id, "connection": connection_id, "now": now}
    return _connection((await connection.execute(_END, values)).one())


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
