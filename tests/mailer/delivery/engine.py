"""The mailer's own loops under a test's hand: follow opt-outs, deliver, wait for what the database then says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from services.mailer.delivery.follower import SuppressionFollower
from services.mailer.main import open_follower, open_worker
from tests.fixtures.services import Neighbours, OpenService, service_headers


@dataclass
class Engine:
    """An open mailer; `database` is its database as a superuser sees it."""

    neighbours: Neighbours
    mailer: OpenService
    database: Any

    @property
    def now(self) -> datetime:
        """Business time."""
        return self.neighbours.clock.now()

    async def states(self) -> dict[str, int]:
        """Return how many messages are in each state."""
        rows = await self.database.fetch("select state, count(*) as n from messages group by state")
        return {row["state"]: row["n"] for row in rows}

    async def outcomes(self) -> list[dict[str, Any]]:
        """Return the outcome feed."""
        answer = await self.mailer.http.get("/v1/changes?limit=2000", headers=service_headers("scheduler", "mailer"))
        return [change["body"] for change in answer.json()["changes"]]

    @asynccontextmanager
    async def following(self) -> AsyncIterator[SuppressionFollower]:
        """Keep the send lease alive while the block runs."""
        async with open_follower(self.mailer.deps) as follower:
            stop = asyncio.Event()

            async def run() -> None:
                while not stop.is_set():
                    if not await follower.step():
                        await asyncio.sleep(0.05)

            task = asyncio.create_task(run())
            await self.until(lambda: self.has_lease())
            try:
                yield follower
            finally:
                stop.set()
                await task
                await follower.stop()

    async def has_lease(self) -> bool:
        """Tell whether the mailer may set markers."""
        return bool(
            await self.database.fetchval("select lease_until > clock_timestamp() + interval '2 s' from follower_state")
        )

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Run a delivery worker while the block runs."""
        stop = asyncio.Event()
        async with open_worker(self.mailer.deps) as worker:
            task = asyncio.create_task(worker.run(stop))
            try:
                yield
            finally:
                stop.set()
                await task

    async def until(self, done: Any, seconds: float = 20.0) -> None:
        """Wait until `done()` holds; fail loudly after a bound that no healthy run comes near."""
        try:
            async with asyncio.timeout(seconds):
                while not await done():  # noqa: ASYNC110 - the other side is a database
                    await asyncio.sleep(0.02)
        except TimeoutError:
            counted = "select state, reason, count(*) as n from messages group by 1, 2 order by 1, 2"
            stood = [tuple(row) for row in await self.database.fetch(counted)]
            raise AssertionError(f"did not come about; messages stood at {stood}") from None

    async def until_later(self, done: Any, seconds: float = 20.0) -> None:
        """As `until`, with a second of business time passing at every look: what was put back for a moment comes due again."""

        async def look() -> bool:
            self.neighbours.clock.move(timedelta(seconds=1))  # type: ignore[attr-defined]
            return bool(await done())

        await self.until(look, seconds)

    async def deliver(self, *, seconds: float = 20.0) -> dict[str, int]:
        """Deliver until nothing due is left and return the states."""

        async def drained() -> bool:
            waiting = await self.database.fetchval(
                "select count(*) from messages where state in ('claimed', 'handing_over') "
                "or (state in ('accepted', 'deferred') and next_at <= $1)",
                self.now,
            )
            return bool(waiting == 0)

        async with self.following(), self.working():
            await self.until(drained, seconds)
        return await self.states()
