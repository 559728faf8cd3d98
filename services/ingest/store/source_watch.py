"""What ingest's health answer says of the sources: looked at in the background when the answer is asked for, so that it never waits."""

import asyncio
from contextlib import suppress
from time import monotonic
from typing import Final

from services.ingest.store.source_health import count_signals
from shared.kit.clock import Clock
from shared.kit.db import Database
from shared.kit.logs import log

_LOOK_AFTER_SECONDS: Final = 30.0


class SourceWatch:
    """Signals: `sources_late`, `batches_quarantined`, `optouts_waiting` (GET /v1/source-health/all says which and how many)."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._signals: list[str] = []
        self._looked_at = float("-inf")
        self._looking: asyncio.Task[None] | None = None

    def signals(self) -> list[str]:
        """Return what the last look found; every half minute the question starts another look."""
        if monotonic() - self._looked_at >= _LOOK_AFTER_SECONDS:
            self._looked_at = monotonic()
            self._looking = asyncio.create_task(self.look())
        return self._signals

    async def look(self) -> None:
        """Look now. A database that does not answer leaves the last signals; readiness tells of it."""
        with suppress(Exception):
            async with self._database.transaction() as connection:
                found = await count_signals(connection, now=self._clock.now())
            raised = {
                "sources_late": found.late_sources,
                "batches_quarantined": found.quarantined_batches,
                "optouts_waiting": found.waiting_optouts,
            }
            signals = [name for name, count in raised.items() if count]
            if signals != self._signals:
                log("ingest.sources").warning("source_signals", **raised)
            self._signals = signals

    async def close(self) -> None:
        """Let a look that is under way end."""
        if self._looking is not None:
            await asyncio.wait((self._looking,))
