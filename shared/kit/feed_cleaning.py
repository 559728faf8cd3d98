"""Drops rows of a feed that nobody needs any more, a bounded slice at a time.

Two kinds of feed. A row of events says all itself and may go when every reader has passed it. A row of states says only that a thing changed, its
present state is joined in when it is read: it may go once a newer row names the same thing, and a reader that begins at the start hears of all.
How old a row is, is told by marks: the feed's position at a time. A mark goes by position alone, which restores and dumps carry on, unlike
transaction ids.
"""

from datetime import datetime, timedelta
from typing import Final, Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.epoch import read_epoch
from shared.kit.feed_readers import passed_by_all, read_stands
from shared.kit.feed_watch import Position
from shared.kit.logs import log

SLICE: Final = 2000
MARK_EVERY: Final = timedelta(days=1)

_TURN: Final = text("select pg_try_advisory_xact_lock(7302)")
_MARK: Final = text("""
insert into feed_marks (marked_at, position) select :now, last_value from changes_position_seq
where not exists (select from feed_marks where marked_at > :since)
""")
_AGED: Final = text(
    "select marked_at, position from feed_marks where marked_at <= :before order by marked_at desc limit 1"
)
_FORGET_MARKS: Final = text("delete from feed_marks where marked_at < :used")
_DROP_READ: Final = text("""
with slice as materialized (
    select xid, position from changes where (xid, position) <= (cast(:xid as text)::xid8, :position)
    order by changes.xid, changes.position limit :limit)
delete from changes c using slice s where (c.xid, c.position) = (s.xid, s.position) and s.position <= :aged
""")
_IS_UNREAD: Final = text("""
select position <= :aged from changes where (xid, position) > (cast(:xid as text)::xid8, :position)
order by changes.xid, changes.position limit 1
""")
# The newer row must be one that readers are shown (kit/feed.py says why by xmin).
_DROP_SUPERSEDED: Final = text("""
with slice as materialized (
    select xid, position, kind, key from changes where (xid, position) > (cast(:xid as text)::xid8, :position)
    order by changes.xid, changes.position limit :limit),
dropped as (
    delete from changes c using slice s where (c.xid, c.position) = (s.xid, s.position) and s.position <= :aged and exists (
        select from changes n where n.key = s.key and n.kind = s.kind and (n.xid, n.position) > (s.xid, s.position)
            and n.xid < pg_snapshot_xmin(pg_current_snapshot())))
select slice.xid::text as xid, slice.position, (select bool_or(position <= :aged) from slice) as is_aged
from slice order by slice.xid desc, slice.position desc limit 1
""")


class Feed(Protocol):
    """What a feed's rows are, and so which of them may go."""

    async def drop(self, connection: AsyncConnection, *, aged: int) -> bool:
        """Drop a slice of what may go of the rows up to position `aged`; return whether there may be more."""
        ...


class EventFeed:
    """Rows that say all themselves. `needed` are the readers without whom nothing is dropped: `service.follower`, or a cursor of our own."""

    def __init__(self, *needed: str) -> None:
        self._needed = needed

    async def drop(self, connection: AsyncConnection, *, aged: int) -> bool:
        """Drop what every reader has passed; a reader that holds up old rows is logged."""
        stands = await read_stands(connection, own=self._needed)
        passed = passed_by_all(stands, needed=self._needed, epoch=await read_epoch(connection)) or (0, 0)
        bound = {"xid": str(passed[0]), "position": passed[1], "aged": aged}
        dropped = (await connection.execute(_DROP_READ, bound | {"limit": SLICE})).rowcount
        if dropped < SLICE and await connection.scalar(_IS_UNREAD, bound):
            log("kit.feed").warning("feed_not_read", needed=sorted(self._needed))
        return dropped == SLICE


class StateFeed:
    """Rows that name a thing whose present state is joined in. All are walked once for every new mark."""

    def __init__(self) -> None:
        self._walked: Position = (0, 0)
        self._done_to: int | None = None

    async def drop(self, connection: AsyncConnection, *, aged: int) -> bool:
        """Drop what a newer row of the same thing supersedes, whoever has read it."""
        if aged == self._done_to:
            return False
        xid, position = self._walked
        values = {"xid": str(xid), "position": position, "aged": aged, "limit": SLICE}
        last = (await connection.execute(_DROP_SUPERSEDED, values)).first()
        if last is None or not last.is_aged:
            self._walked, self._done_to = (0, 0), aged
            return False
        self._walked = (int(last.xid), last.position)
        return True


async def clean_feed(connection: AsyncConnection, feed: Feed, *, now: datetime, keep: timedelta) -> bool:
    """Mark how far the feed is and drop a slice of rows older than `keep`; return whether there may be more. One process cleans at a time."""
    if not await connection.scalar(_TURN):
        return False
    await connection.execute(_MARK, {"now": now, "since": now - MARK_EVERY})
    mark = (await connection.execute(_AGED, {"before": now - keep})).first()
    if mark is None:
        return False
    await connection.execute(_FORGET_MARKS, {"used": mark.marked_at})
    return await feed.drop(connection, aged=mark.position)
