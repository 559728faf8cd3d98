"""I1: people click just before and just after their mail leaves, at full speed, while processes die and the network between them fails.

DUEBACK_FAULT_SEEDS=20 DUEBACK_FAULT_MESSAGES=20000 is the long run with 4,000 clicks a seed; DUEBACK_SEED=<number> is the first of the seeds.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.crowd import Aim, Crowd
from tests.fixtures.services import Neighbours
from tests.fixtures.smtp import Script, Step
from tests.journeys.mail_house import CONNECTIONS, MailHouse, Nursery, open_mail_house
from tests.mailer.delivery.world import key_of

MESSAGES = int(os.environ.get("DUEBACK_FAULT_MESSAGES") or 3000)
CLICKS = 0.2
WORKERS = 2
SLOW = Script(
    (
        Step("data", "delay", seconds=0.5, recipient="p*33@*"),
        Step("dot", "delay", seconds=1.4, recipient="p*77@*"),
        Step("dot", "delay", seconds=0.002),
    )
)
"""Now and then a relay that takes its time at either end of the body: the moment when it is already too late to take a mail back."""


def _seeds() -> range:
    first = int(os.environ.get("DUEBACK_SEED") or 1)
    return range(first, first + int(os.environ.get("DUEBACK_FAULT_SEEDS") or 1))


class _Faults:
    """Kills and partitions at random moments, counted."""

    def __init__(self, house: MailHouse, rng: random.Random) -> None:
        self._house, self._rng = house, rng
        self._workers = [house.start("mailer", "work") for _ in range(WORKERS)]
        self._optout = house.processes[0]
        self.worker_kills = self.optout_kills = self.partitions = 0

    async def go_on(self, stop: asyncio.Event) -> None:
        """Hurt until `stop`, then leave everything whole."""
        while not stop.is_set():
            await asyncio.sleep(self._rng.uniform(1.0, 4.0))
            match self._rng.random():
                case chance if chance < 0.35:
                    await self._kill_a_worker()
                case chance if chance < 0.6:
                    await self._kill_optout()
                case chance if chance < 0.8:
                    await self._part(self._house.link.fall_silent, 12.0)
                case _:
                    await self._part(self._house.link.cut, 8.0)

    async def end(self) -> None:
        """End the workers."""
        for worker in self._workers:
            await self._house.stop(worker)

    async def _kill_a_worker(self) -> None:
        number = self._rng.randrange(WORKERS)
        await self._house.stop(self._workers[number], signal.SIGKILL)
        self._workers[number] = self._house.start("mailer", "work")
        self.worker_kills += 1

    async def _kill_optout(self) -> None:
        await self._house.stop(self._optout, signal.SIGKILL)
        self._optout = self._house.start("optout", "both")
        await self._house.until(self._house.optout_answers, 60)
        self.optout_kills += 1

    async def _part(self, begin: Callable[[], None], most: float) -> None:
        begin()
        await asyncio.sleep(self._rng.uniform(0.5, most))
        self._house.link.mend()
        self.partitions += 1


@pytest.mark.parametrize("seed", _seeds())
async def test_nobody_is_mailed_after_the_answer_whatever_dies_or_falls_silent(
    seed: int, neighbours: Neighbours, nursery: Nursery, tmp_path: Path
) -> None:
    """I1, I3, I6: no mail after the answer, everybody answered is on file, every message accounted for."""
    rng = random.Random(seed)
    async with open_mail_house(neighbours, nursery, tmp_path, SLOW) as house:
        addresses = await house.mail(MESSAGES)
        crowd, faults, stop = Crowd(house), _Faults(house, rng), asyncio.Event()
        aim = Aim(addresses, CLICKS, rng)
        running = [asyncio.create_task(aim.fire(house.ledger, crowd, stop)), asyncio.create_task(faults.go_on(stop))]
        await house.until(house.drained, 120 + MESSAGES / 20)
        stop.set()
        await asyncio.gather(*running)
        await asyncio.wait_for(crowd.finish(), 120)
        await house.until(house.drained, 120)
        await faults.end()
        account, late = await house.account(), crowd.mailed_late()
        sys.stderr.write(
            f"seed {seed}: {faults.worker_kills} workers and {faults.optout_kills} optouts killed, {faults.partitions} partitions;"
            f" {len(crowd.answered)} of {len(aim.chosen)} who clicked are answered, {len(late)} mailed after it; {crowd.answer_line()};"
            f" {account.line()}\n"
        )
        assert late == []
        assert crowd.answered.keys() == aim.chosen
        kept = {row["address_key"] for row in await house.database.fetch("select address_key from suppressions")}
        assert kept == {key_of(address) for address in crowd.answered}
        account.check(most_uncertain=faults.worker_kills * CONNECTIONS)
