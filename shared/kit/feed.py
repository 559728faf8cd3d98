"""Change feeds: rows in commit order behind a cursor, and the follower that applies each exactly once (architecture 2).

Order is (transaction id, position), and only rows older than the snapshot's xmin are shown: a row that commits late can then never appear behind a
cursor. So no long writing transactions anywhere in the cluster.
"""

import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final, NamedTuple, Protocol, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.bell import ring
from shared.kit.db import Database
from shared.kit.epoch import read_epoch
from shared.kit.errors import ConflictError
from shared.kit.feed_readers import note_reader
from shared.kit.feed_watch import ENDING, wait_for_rows
from shared.kit.logs import log
from shared.schemas.wire import Change, Changes

MOST_ROWS: Final = 2000
LONGEST_WAIT_SECONDS: Final = 20.0

START: Final = "0.0"

_APPEND = text("""
insert into changes (subscriber_id, kind, key, body)
select * from unnest(cast(:subscribers as uuid[]), cast(:kinds as text[]), cast(:keys as uuid[]), cast(:bodies as jsonb[]))
""")
_READ = text("""
select xid::text as xid, position, subscriber_id, kind, key, body::text as body from changes
where (xid, position) > (cast(:xid as text)::xid8, :position) and xid < pg_snapshot_xmin(pg_current_snapshot())
order by changes.xid, changes.position limit :limit
""")
_CURSOR_READ = text("select epoch, cursor from cursors where feed = :feed for update")
# The row two followers that both found none meet at: the second waits for the first, and then sees its cursor.
_CURSOR_BEGIN = text("insert into cursors (feed, epoch, cursor) values (:feed, :epoch, :cursor) on conflict do nothing")
_CURSOR_WRITE = text("""
insert into cursors (feed, epoch, cursor) values (:feed, :epoch, :cursor)
on conflict (feed) do update set epoch = excluded.epoch, cursor = excluded.cursor
""")


class FeedRestartedError(ConflictError):
    """The cursor belongs to another epoch: read again from the start (applying is idempotent)."""

    code, title = "feed_restarted", "The feed has restarted; read it from the start."


class CursorUnreadableError(ConflictError):
    """The cursor is none of ours."""

    status, code, title = 400, "cursor_unreadable", "The cursor cannot be read."


@dataclass(frozen=True, slots=True)
class NewChange:
    """A row to append to this service's feed; `body` is JSON text, or null where readers get the present state joined in."""

    subscriber_id: UUID | None
    kind: str
    key: UUID
    body: str | None = None


async def append_changes(connection: AsyncConnection, rows: Sequence[NewChange]) -> None:
    """Append rows in the caller's transaction: they become visible to readers when it commits."""
    if rows:
        await connection.execute(
            _APPEND,
            {
                "subscribers": [row.subscriber_id for row in rows],
                "kinds": [row.kind for row in rows],
                "keys": [row.key for row in rows],
                "bodies": [row.body for row in rows],
            },
        )


def _parse(cursor: str) -> tuple[str, int]:
    xid, _, position = cursor.partition(".")
    if not (xid.isascii() and xid.isdigit() and position.isascii() and position.isdigit() and len(cursor) < 45):
        raise CursorUnreadableError
    return xid, int(position)


Enrich = Callable[[AsyncConnection, list[Change]], Awaitable[list[Change]]]
_Row = Sequence[Any]
_Taken = TypeVar("_Taken")
_Take = Callable[[AsyncConnection, Sequence[_Row]], Awaitable[list[_Taken]]]


class _Wanted(NamedTuple):
    """What a reader asks for."""

    epoch: UUID | None
    after: str
    limit: int
    wait_seconds: float
    reader: str | None


async def read_changes(
    database: Database,
    *,
    epoch: UUID | None,
    after: str,
    limit: int,
    wait_seconds: float,
    enrich: Enrich | None = None,
    reader: str | None = None,
) -> Changes:
    """Return the next rows after a cursor, waiting up to `wait_seconds` for the first; no connection is held while waiting.

    `enrich` joins the present state into rows that carry none. `reader` says who has applied all up to the cursor, for feeds that drop what all
    have read. Raises FeedRestartedError for a foreign epoch.
    """

    async def take(connection: AsyncConnection, rows: Sequence[_Row]) -> list[Change]:
        changes = [
            Change(
                position=f"{xid}.{position}",
                subscriber_id=subscriber_id,
                kind=kind,
                key=key,
                body=None if body is None else json.loads(body),
            )
            for xid, position, subscriber_id, kind, key, body in rows
        ]
        return await enrich(connection, changes) if changes and enrich is not None else changes

    wanted = _Wanted(epoch, after, limit, wait_seconds, reader)
    present, changes, cursor = await _read_page(database, wanted, take)
    return Changes(epoch=present, changes=changes, cursor=cursor)


async def write_changes(
    database: Database, *, epoch: UUID | None, after: str, limit: int, wait_seconds: float, reader: str | None = None
) -> bytes:
    """As `read_changes`, written out as the JSON of `Changes`: bodies go from the database to the caller as they stand, for a third of the CPU."""

    async def take(_: AsyncConnection, rows: Sequence[_Row]) -> list[str]:
        return [
            f'{{"position":"{xid}.{position}","subscriber_id":{_quoted(subscriber_id)},"kind":"{kind}","key":"{key}","body":{body or "null"}}}'
            for xid, position, subscriber_id, kind, key, body in rows
        ]

    wanted = _Wanted(epoch, after, limit, wait_seconds, reader)
    present, changes, cursor = await _read_page(database, wanted, take)
    return f'{{"epoch":"{present}","changes":[{",".join(changes)}],"cursor":"{cursor}"}}'.encode()


def _quoted(subscriber_id: UUID | None) -> str:
    return "null" if subscriber_id is None else f'"{subscriber_id}"'


async def _read_page(database: Database, wanted: _Wanted, take: _Take[_Taken]) -> tuple[UUID, list[_Taken], str]:
    """Wait for rows; return the epoch, what `take` made of them, and the cursor behind them."""
    xid, position = _parse(wanted.after)
    if wanted.reader is not None:
        await note_reader(database, wanted.reader, epoch=wanted.epoch, stands_at=(int(xid), position))
    deadline = monotonic() + min(wanted.wait_seconds, LONGEST_WAIT_SECONDS)
    values = {"xid": xid, "position": position, "limit": min(wanted.limit, MOST_ROWS)}
    while True:
        async with database.transaction() as connection:
            present = await read_epoch(connection)
            if wanted.epoch is not None and wanted.epoch != present:
                raise FeedRestartedError
            rows = (await connection.execute(_READ, values)).all()
            taken = await take(connection, rows)
        if rows or monotonic() >= deadline or ENDING.is_set():
            return present, taken, f"{rows[-1].xid}.{rows[-1].position}" if rows else wanted.after
        await wait_for_rows(database, (int(xid), position), seconds=deadline - monotonic())


class FeedSource(Protocol):
    """What a follower needs of a client: one page of the provider's feed, or FeedRestartedError."""

    async def changes(self, *, epoch: UUID | None, after: str, limit: int, wait_seconds: float, reader: str) -> Changes:
        """Return a page after the cursor. `reader` is the follower's name: the provider keeps what it has not read."""
        ...


class Follower:
    """Pulls a feed and applies it; the cursor is stored in the transaction that applied its rows: exactly once."""

    def __init__(
        self,
        *,
        name: str,
        source: FeedSource,
        database: Database,
        apply: Callable[[AsyncConnection, list[Change]], Awaitable[None]],
        wait_seconds: float = LONGEST_WAIT_SECONDS,
        limit: int = 1000,
    ) -> None:
        self._name, self._source, self._database, self._apply = name, source, database, apply
        self._wait, self._limit = wait_seconds, limit

    async def step(self) -> bool:
        """Apply one page; return whether there was any row."""
        async with self._database.transaction() as connection:
            row = (await connection.execute(_CURSOR_READ, {"feed": self._name})).first()
        epoch, cursor = (UUID(str(row.epoch)), row.cursor) if row else (None, START)
        try:
            page = await self._source.changes(
                epoch=epoch, after=cursor, limit=self._limit, wait_seconds=self._wait, reader=self._name
            )
        except FeedRestartedError:
            log("kit.feed").warning("feed_restarted", feed=self._name)
            async with self._database.transaction() as connection:
                await connection.execute(text("delete from cursors where feed = :feed"), {"feed": self._name})
            return True
        if not page.changes and page.epoch == epoch:
            return False
        async with self._database.transaction() as connection:
            if row is None:
                await connection.execute(_CURSOR_BEGIN, {"feed": self._name, "epoch": page.epoch, "cursor": START})
            held = (await connection.execute(_CURSOR_READ, {"feed": self._name})).first()
            if held is None or held.cursor != cursor:
                return True  # another process applied this page, or began again, meanwhile
            if page.changes:
                await self._apply(connection, page.changes)
            await connection.execute(_CURSOR_WRITE, {"feed": self._name, "epoch": page.epoch, "cursor": page.cursor})
        if page.changes:
            ring()
        return bool(page.changes)

    async def cursor(self, connection: AsyncConnection) -> str:
        """Return where this follower stands."""
        row = (await connection.execute(text("select cursor from cursors where feed = :f"), {"f": self._name})).first()
        return str(row.cursor) if row else START
