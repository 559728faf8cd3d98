"""Group commit of the doors' entries: whoever arrives while a commit runs shares the next one, so that a flood costs one fsync per round trip.

The append belongs to this process, not to the request: a caller that hangs up does not take its opt-out along.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from asyncpg import DiskFullError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.entries import NewEntry
from services.optout.store.ballast import Ballast
from services.optout.store.journal import Keeps
from services.optout.store.ledger import Filed, append_entries
from shared.kit.db import Database

MOST_TOGETHER: Final = 500
DOOR_LIMITS: Final = {
    "lock_timeout": "1500",
    "statement_timeout": "3000",
    "idle_in_transaction_session_timeout": "2000",
}
"""Milliseconds. A frozen process must not sit on the head's lock, and a door needs the rest of its 8 s for the spool. The doors' own connections have
them from the start, others for a transaction: one round trip less while somebody waits."""
_LIMITS: Final = text(
    "select " + ", ".join(f"set_config('{name}', '{value}', true)" for name, value in DOOR_LIMITS.items())
)
_TRANSACTION_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class _Waiting:
    entry: NewEntry
    recorded_at: datetime
    answer: asyncio.Future[Filed]


class GroupCommit:
    """Appends single entries, many to a transaction. One transaction of this process runs at a time. `database` has DOOR_LIMITS."""

    def __init__(self, database: Database, journal: Keeps, ballast: Ballast) -> None:
        self._database, self._journal, self._ballast = database, journal, ballast
        self._queue: deque[_Waiting] = deque()
        self._writer: asyncio.Task[None] | None = None

    async def append(self, entry: NewEntry, *, recorded_at: datetime) -> Filed:
        """Append one entry and return when it is committed; raise what the database raised."""
        answer: asyncio.Future[Filed] = asyncio.get_running_loop().create_future()
        self._queue.append(_Waiting(entry, recorded_at, answer))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        return await answer

    async def close(self) -> None:
        """Finish what was asked for."""
        if self._writer is not None:
            await self._writer

    async def _write(self) -> None:
        while self._queue:
            group = [self._queue.popleft() for _ in range(min(MOST_TOGETHER, len(self._queue)))]
            try:
                filed = await self._commit_or_make_room(group)
            except Exception as error:
                for waiting in group:
                    if not waiting.answer.done():
                        waiting.answer.set_exception(error)
                continue
            for waiting, result in zip(group, filed, strict=True):
                if not waiting.answer.done():
                    waiting.answer.set_result(result)

    async def _commit_or_make_room(self, group: list[_Waiting]) -> list[Filed]:
        try:
            return await self._commit(group)
        except DBAPIError as error:
            if not _is_disk_full(error) or not self._ballast.release():
                raise
            return await self._commit(group)

    async def _commit(self, group: list[_Waiting]) -> list[Filed]:
        entries, recorded_at = [each.entry for each in group], max(each.recorded_at for each in group)
        async with asyncio.timeout(_TRANSACTION_SECONDS), self._database.transaction() as connection:
            return await append_entries(connection, entries, recorded_at=recorded_at, journal=self._journal)


@asynccontextmanager
async def short_transaction(database: Database) -> AsyncIterator[AsyncConnection]:
    """A transaction of a door, which may lock chains and the head: bounded by the server, and by 4 s here (TimeoutError)."""
    async with asyncio.timeout(_TRANSACTION_SECONDS), database.transaction() as connection:
        await connection.execute(_LIMITS)
        yield connection


async def commit_entries(
    database: Database, entries: Sequence[NewEntry], *, recorded_at: datetime, journal: Keeps
) -> list[Filed]:
    """Append at most MOST_TOGETHER entries in a transaction of their own; raise TimeoutError when the database stays silent for 4 s."""
    async with short_transaction(database) as connection:
        return await append_entries(connection, entries, recorded_at=recorded_at, journal=journal)


def _is_disk_full(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", None) == DiskFullError.sqlstate
