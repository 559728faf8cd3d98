"""One look at the end of a feed for all who wait for it, because every follower of an idle service waits all the time."""

import asyncio
import weakref
from threading import Event
from typing import Final

from shared.kit.bell import Pace
from shared.kit.db import Database

ENDING: Final = Event()
"""Set when this process is told to stop: long polls answer at once instead of holding up the shutdown."""

_LEAST_SECONDS: Final = 0.1
_NEWEST: Final = """
select xid::text || '.' || position from changes where xid < pg_snapshot_xmin(pg_current_snapshot()) order by changes.xid desc, position desc limit 1
"""

Position = tuple[int, int]
"""Transaction id and position of a row."""


class FeedWatch:
    """Lets readers of one database's feed wait for rows behind their cursor."""

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], Position] = {}
        self._looking: asyncio.Task[None] | None = None
        self._pace = Pace(_LEAST_SECONDS)
        self._never = asyncio.Event()

    async def until_after(self, database: Database, position: Position, *, seconds: float) -> None:
        """Return when a row behind `position` is visible, when `seconds` are over, or when the process is told to stop.

        Whatever keeps the database from answering ends the wait too: the reader finds out itself.
        """
        news: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[news] = position
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(database))
        try:
            await asyncio.wait((news,), timeout=max(0.0, seconds))
        finally:
            self._waiting.pop(news, None)

    async def _look(self, database: Database) -> None:
        """Look while anybody waits."""
        while self._waiting:
            await self._pace.rest(self._never)
            try:
                newest = _parse(await database.glance(_NEWEST)) if self._waiting else (0, 0)
            except Exception:  # the readers look themselves and tell their callers
                newest = (2**64, 0)
            self._tell(newest)

    def _tell(self, newest: Position) -> None:
        for news, position in list(self._waiting.items()):
            if newest > position or ENDING.is_set():
                self._pace.busy()
                if not news.done():
                    news.set_result(None)


_watches: Final[weakref.WeakKeyDictionary[Database, FeedWatch]] = weakref.WeakKeyDictionary()


async def wait_for_rows(database: Database, after: Position, *, seconds: float) -> None:
    """Wait on the one watch over this database's feed."""
    await _watches.setdefault(database, FeedWatch()).until_after(database, after, seconds=seconds)


def _parse(cursor: str | None) -> Position:
    xid, _, position = (cursor or "0.0").partition(".")
    return int(xid), int(position)
