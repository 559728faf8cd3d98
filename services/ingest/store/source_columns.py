"""Which fields each source fills, and what changed in that last."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schemas.ingest import Entity

_FIND: Final = text("""
select entity, columns from source_columns where subscriber_id = :subscriber and connection_id = :connection for update
""")
_KEEP: Final = text("""
insert into source_columns (subscriber_id, connection_id, entity, columns, gone, added, changed_at)
values (:subscriber, :connection, :entity, :columns, :gone, :added, :changed_at)
on conflict (subscriber_id, connection_id, entity) do update
set columns = excluded.columns, gone = excluded.gone, added = excluded.added, changed_at = excluded.changed_at
""")
_CHANGED: Final = text("""
select * from source_columns
where subscriber_id = :subscriber and connection_id = any(cast(:connections as uuid[])) and changed_at > :since order by connection_id, entity
""")


async def note_columns(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    connection_id: UUID,
    columns: Mapping[Entity, tuple[Sequence[str], Sequence[str]]],
    now: datetime,
) -> None:
    """Keep which fields are filled often, given with those filled at all: a field is gone when it was filled often and is empty now."""
    key = {"subscriber": subscriber_id, "connection": connection_id}
    known = {row.entity: set(row.columns) for row in await connection.execute(_FIND, key)}
    for entity, (often, ever) in columns.items():
        before = known.get(entity)
        gone = [] if before is None else sorted(before.difference(ever))
        added = [] if before is None else sorted(set(often) - before)
        if before is None or gone or added:
            kept = sorted(set(often) | (before or set()).intersection(ever))
            values = {"columns": kept, "gone": gone, "added": added, "changed_at": None if before is None else now}
            await connection.execute(_KEEP, key | {"entity": entity} | values)


async def read_changed_columns(
    connection: AsyncConnection, *, subscriber_id: UUID, connection_ids: Sequence[UUID], since: datetime
) -> list[Any]:
    """Return what changed since then, by connection and entity."""
    values = {"subscriber": subscriber_id, "connections": list(connection_ids), "since": since}
    return list(await connection.execute(_CHANGED, values))
