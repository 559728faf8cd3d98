"""How far a feed has been read: whoever asks for rows after a cursor has applied all before it, so what every reader has passed may be dropped."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.db import Database
from shared.kit.feed_watch import Position

# A reader that stands where it stood costs a look and no write. An epoch that is not ours says nothing about our rows.
_NOTE: Final = """
insert into feed_readers (reader, epoch, xid, position)
select $1, epoch, $3::text::xid8, $4 from service_state
where epoch = coalesce($2, epoch) and not exists (
    select from feed_readers r where (r.reader, r.epoch, r.xid, r.position) = ($1, service_state.epoch, $3::text::xid8, $4))
on conflict (reader) do update set epoch = excluded.epoch, xid = excluded.xid, position = excluded.position
"""
_STANDS: Final = text("""
select reader as name, epoch, xid::text as xid, position from feed_readers
union all select feed, epoch, split_part(cursor, '.', 1), split_part(cursor, '.', 2)::bigint from cursors where feed = any (cast(:own as text[]))
""")


@dataclass(frozen=True, slots=True)
class Stand:
    """Where one reader stands: it has applied every row up to `position` of this epoch."""

    name: str
    epoch: UUID
    position: Position


async def note_reader(database: Database, reader: str, *, epoch: UUID | None, stands_at: Position) -> None:
    """Note where a reader stands, also when that is behind where it stood: a restored one reads again. Without an epoch it begins at the start."""
    xid, position = stands_at if epoch is not None else (0, 0)
    async with database.raw() as connection:
        await connection.execute(_NOTE, reader, epoch, str(xid), position)


async def read_stands(connection: AsyncConnection, *, own: Collection[str]) -> list[Stand]:
    """Return where every reader that has ever named itself stands, and the followers of our own feed with these names."""
    rows = await connection.execute(_STANDS, {"own": list(own)})
    return [Stand(row.name, row.epoch, (int(row.xid), row.position)) for row in rows]


def passed_by_all(stands: Sequence[Stand], *, needed: Collection[str], epoch: UUID) -> Position | None:
    """Return the position that every reader has passed; None while one of the needed has not come or stands in another epoch."""
    if set(needed) - {stand.name for stand in stands} or any(stand.epoch != epoch for stand in stands):
        return None
    return min((stand.position for stand in stands), default=None)
