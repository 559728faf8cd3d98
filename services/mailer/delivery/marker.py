"""Markers grouped over all sessions of a worker: whatever is ready when the connection is free goes into one statement."""

import asyncio
from time import monotonic
from typing import Any, Final
from uuid import UUID

from services.mailer.store.claiming import ClaimedMessage
from services.mailer.store.marking import explain_unmarked, mark_messages
from shared.kit.bell import setting_too
from shared.kit.clock import Clock
from shared.kit.db import Database

_PROTECT: Final = (
    "set idle_in_transaction_session_timeout = '1s'; set lock_timeout = '1s'; set statement_timeout = '1900ms'"
)
_PLAN: Final = "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set enable_hashjoin = off; set enable_mergejoin = off"
"""The statement is planned once a connection: for fewer than ten messages PostgreSQL would plan it anew each time, 0.4 ms of CPU. A plan that is kept
must not rest on tables that were small when it was made, so every row is looked up by its key."""
_MOST: Final = 500
_SILENCE_SECONDS: Final = 4.0
"""A database that says nothing for so long (a cut line) is not waited for: the dots could not be written any more."""


class MarkerLostError(Exception):
    """Whether the marker was set is not known; the dot was not written, so the message is put back."""


class MarkerGroup:
    """Sets markers over one connection of its own."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self._waiting: list[tuple[ClaimedMessage, asyncio.Future[float | None]]] = []
        self._wake = asyncio.Event()

    async def mark(self, message: ClaimedMessage) -> float | None:
        """Return the monotonic moment the marker statement was sent, or None if it refused; raise MarkerLostError if nobody knows."""
        answer: asyncio.Future[float | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((message, answer))
        self._wake.set()
        return await answer

    async def explain(self, message: ClaimedMessage) -> str | None:
        """Tell why a marker was refused: `suppressed`, `expired`, `put_back`, or None when the message is no longer in our hands."""
        async with self._database.raw() as connection:
            found: dict[UUID, str] = await explain_unmarked(connection, [message], now=self._clock.now())
        return found.get(message.message_id)

    async def run(self, stop: asyncio.Event) -> None:
        """Set markers until `stop` is set and nobody waits."""
        connection: Any = None
        try:
            async with setting_too(stop, self._wake):
                while not (stop.is_set() and not self._waiting):
                    await self._wake.wait()
                    if not stop.is_set():
                        self._wake.clear()
                    while self._waiting:
                        group, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                        connection = await self._mark_group(connection, group)
        finally:
            if connection is not None:
                connection.terminate()

    async def _mark_group(
        self, connection: Any, group: list[tuple[ClaimedMessage, asyncio.Future[float | None]]]
    ) -> Any:
        try:
            async with asyncio.timeout(_SILENCE_SECONDS):
                if connection is None:
                    connection = await self._database.connect()
                    await connection.execute(f"{_PROTECT}; {_PLAN}")
                sent_at = monotonic()
                marked = await mark_messages(connection, [message for message, _ in group], now=self._clock.now())
        except Exception as error:
            for _, answer in group:
                if not answer.done():
                    answer.set_exception(MarkerLostError(type(error).__name__))
            if connection is not None:
                connection.terminate()
            return None
        for message, answer in group:
            if not answer.done():
                answer.set_result(sent_at if message.message_id in marked else None)
        return connection
