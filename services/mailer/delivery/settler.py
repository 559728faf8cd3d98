"""Settling in batches: noted in the local journal at once, written to the database a twentieth of a second later, kept until it is written."""

import asyncio
import contextlib
from typing import Any, Final

from services.mailer.store.journal import ReplyJournal
from services.mailer.store.settling import Settlement, settle_messages
from shared.kit.bell import ring, setting_too
from shared.kit.clock import Clock
from shared.kit.crashpoints import crashpoint
from shared.kit.db import Database
from shared.kit.logs import log

_BATCH: Final = 500
_LINGER_SECONDS: Final = 0.05
"""A statement and its commit cost as much as 20 messages, so more at once is cheaper; but who opts out while a message of theirs, or of somebody who
opts out beside them, is being handed over waits for its settlement, and should have an answer within 100 ms."""
_SILENCE_SECONDS: Final = 60.0
"""A database that says nothing for so long is asked again over another connection; what may have been written is not written twice."""
MOST_UNSETTLED: Final = 3000
"""Above this nothing new is claimed: if outcomes cannot be recorded, nothing is sent."""


class Settler:
    """Collects settlements of all sessions of a worker and writes them over one connection of its own."""

    def __init__(self, database: Database, clock: Clock, journal: ReplyJournal) -> None:
        self._database, self._clock, self._journal = database, clock, journal
        self._waiting: list[Settlement] = []
        self._connection: Any = None
        self._begun, self._is_full = asyncio.Event(), asyncio.Event()

    @property
    def unsettled(self) -> int:
        """How many settlements are not in the database yet."""
        return len(self._waiting)

    def settle(self, settlement: Settlement) -> None:
        """Note a settlement; it is durable against a kill from here on, unless the disk is full: the database is its home all the same."""
        try:
            self._journal.note(settlement)
        except OSError as error:
            log("mailer.settler").error("journal_not_written", errno=error.errno)
        crashpoint("mailer.after_journal")
        self._waiting.append(settlement)
        self._begun.set()
        if len(self._waiting) >= _BATCH:
            self._is_full.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Write until `stop` is set and nothing waits."""
        try:
            async with setting_too(stop, self._begun):
                await self._keep_writing(stop)
        finally:
            self._hang_up()

    async def _keep_writing(self, stop: asyncio.Event) -> None:
        failures = 0
        while not (stop.is_set() and not self._waiting):
            await self._begun.wait()
            await self._linger()
            if not self._waiting:
                continue
            try:
                await self._write()
                failures = 0
            except Exception as error:
                failures += 1
                self._hang_up()
                log("mailer.settler").warning(
                    "settle_failed", failures=failures, unsettled=self.unsettled, exc_info=error
                )
                await asyncio.sleep(min(5.0, 0.1 * 2**failures))

    async def _linger(self) -> None:
        """Let more come together, but not more than a batch."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LINGER_SECONDS):
                await self._is_full.wait()

    async def _write(self) -> None:
        batch = self._waiting[:_BATCH]
        async with asyncio.timeout(_SILENCE_SECONDS):
            if self._connection is None:
                self._connection = await self._database.connect()
            await settle_messages(self._connection, batch, now=self._clock.now())
        crashpoint("mailer.after_settle")
        ring()
        del self._waiting[: len(batch)]
        if len(self._waiting) < _BATCH:
            self._is_full.clear()
        if not self._waiting:
            self._begun.clear()
            self._journal.forget()

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.terminate()
            self._connection = None
