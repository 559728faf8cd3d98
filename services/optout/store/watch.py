"""One reader per process that re-reads log and leases while somebody waits, because thousands may wait and the database should not notice.

Waiters hold no connection. A waiter is answered only by a reading that began after it started to wait ("read again at that moment").
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from time import monotonic
from typing import Final

from services.optout.store.holders import LogState, read_state
from shared.kit.db import Database
from shared.kit.logs import log

_DOOR_SECONDS: Final = 0.03
_POLLER_SECONDS: Final = (0.05, 0.5)
"""Re-reading for pollers serves other processes' entries only (in this process `poke` wakes the reader at once): often while entries
come, more and more seldom while none do."""
_READ_SECONDS: Final = 2.0


@dataclass(eq=False, slots=True)
class _Waiter:
    holds: Callable[[LogState], bool]
    after_reading: int
    urgent: bool
    answer: asyncio.Future[LogState]


class Watch:
    """Lets doors wait for leases and pollers for entries."""

    def __init__(self, database: Database, *, lease_seconds: float) -> None:
        self._database = database
        self._lease_seconds = lease_seconds
        self._quiet_until = monotonic() + lease_seconds
        self._waiters: set[_Waiter] = set()
        self._begun = 0
        self._server: str | None = None
        self._last = 0
        self._poller_pause = _POLLER_SECONDS[0]
        self._poked = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None

    @property
    def quiet_seconds(self) -> float:
        """Seconds until a lease granted before this process started, or before a fail-over lost it, must have run out."""
        return self._quiet_until - monotonic()

    async def until(self, holds: Callable[[LogState], bool], *, seconds: float, urgent: bool) -> LogState | None:
        """Wait until a fresh reading satisfies `holds` and return it, or None after `seconds`. `urgent` re-reads often (a consumer waits)."""
        future: asyncio.Future[LogState] = asyncio.get_running_loop().create_future()
        waiter = _Waiter(holds, self._begun, urgent, future)
        self._waiters.add(waiter)
        if self._reader is None or self._reader.done():
            self._reader = asyncio.create_task(self._read_while_waited_for())
        self.poke()
        try:
            async with asyncio.timeout(seconds):
                return await future
        except TimeoutError:
            return None
        finally:
            self._waiters.discard(waiter)

    def poke(self) -> None:
        """Say that something changed: an entry was committed, a holder reported."""
        self._poked.set()

    async def look(self) -> None:
        """Note which server this is, before a lease of its own may be granted."""
        async with asyncio.timeout(_READ_SECONDS), self._database.raw() as connection:
            self._notice_failover(await read_state(connection))

    async def close(self) -> None:
        """Stop reading."""
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader

    async def _read_while_waited_for(self) -> None:
        while self._waiters:
            self._poked.clear()
            self._begun += 1
            number = self._begun
            try:
                async with asyncio.timeout(_READ_SECONDS), self._database.raw() as connection:
                    state = await read_state(connection)
            except Exception as error:
                log("optout.watch").warning("leases_unreadable", exc_info=error)
            else:
                self._notice_failover(state)
                self._notice_entries(state)
                self._answer(number, state)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._pause()):
                    await self._poked.wait()

    def _pause(self) -> float:
        return _DOOR_SECONDS if any(waiter.urgent for waiter in self._waiters) else self._poller_pause

    def _notice_entries(self, state: LogState) -> None:
        least, longest = _POLLER_SECONDS
        self._poller_pause = least if state.last != self._last else min(longest, self._poller_pause * 1.5)
        self._last = state.last

    def _answer(self, number: int, state: LogState) -> None:
        for waiter in list(self._waiters):
            if waiter.after_reading < number and not waiter.answer.done() and waiter.holds(state):
                waiter.answer.set_result(state)
                self._waiters.discard(waiter)

    def _notice_failover(self, state: LogState) -> None:
        """Another server (promoted, restored, started anew) may never have received the last leases: wait a full one again.

        So may the first one that is seen, which was perhaps started after this process.
        """
        if self._server != state.server:
            if self._server is not None:
                log("optout.watch").warning("server_changed")
            self._quiet_until = monotonic() + self._lease_seconds
        self._server = state.server
