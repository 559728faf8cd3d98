"""People who opt out while things break, and when each of them was answered."""

import asyncio
import random
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from shared.kit.http import HttpFailure
from tests.fixtures.smtp_ledger import follow_dots
from tests.journeys.mail_house import MailHouse

AIM_SECONDS = 2.0


class Crowd:
    """People who click until they are answered, as mail programs do when a server dies on them. `waits`: seconds of each answered request."""

    def __init__(self, house: MailHouse) -> None:
        self._house = house
        self._clicks: list[asyncio.Task[None]] = []
        self.answered: dict[str, float] = {}
        self.waits: list[float] = []

    def send(self, addresses: list[str]) -> None:
        """Let these people click now."""
        self._clicks += [asyncio.create_task(self._click(address)) for address in addresses]

    async def finish(self) -> None:
        """Wait until everybody is answered."""
        await asyncio.gather(*self._clicks)

    def mailed_late(self) -> list[str]:
        """Return who was mailed after the answer, by the relay's clock, which is the machine's."""
        sent_at = {dot.details["recipients"][0]: dot.at for dot in self._house.dots()}
        return [address for address, at in self.answered.items() if sent_at.get(address, 0.0) > at]

    def answer_line(self) -> str:
        """Return how long answers took, as one line."""
        ranked = sorted(self.waits)
        p50, p99 = (ranked[int(len(ranked) * share)] for share in (0.5, 0.99))
        return f"answers p50 {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, longest {ranked[-1] * 1000:.0f} ms"

    async def _click(self, address: str) -> None:
        while address not in self.answered:
            asked_at = monotonic()
            try:
                is_done = (await self._house.click(address)).status_code == 200
            except HttpFailure:
                is_done = False
            if is_done:
                self.answered[address] = monotonic()
                self.waits.append(self.answered[address] - asked_at)
            else:
                await asyncio.sleep(0.2)


@dataclass
class Aim:
    """Chooses who clicks: people just mailed or about to be, at most AIM_SECONDS away from it at the rate of now."""

    addresses: list[str]
    share: float
    rng: random.Random
    chosen: set[str] = field(default_factory=set)

    async def fire(self, ledger: Path, crowd: Crowd, stop: asyncio.Event) -> None:
        """Follow the relay's ledger and let people click, in step with the mail, until `stop`."""
        sent, rate, before, seen_at = 0, 0.0, 0, monotonic()
        dots = follow_dots(ledger)
        while not stop.is_set() and sent < len(self.addresses):
            await asyncio.sleep(0.05)
            sent += next(dots)
            now = monotonic()
            rate += 0.2 * ((sent - before) / (now - seen_at) - rate)
            before, seen_at = sent, now
            wanted = int(self.share * sent) - len(self.chosen)
            crowd.send([address for _ in range(wanted) if (address := self._choose(sent, rate))])

    def _choose(self, sent: int, rate: float) -> str:
        near = sent + int(self.rng.uniform(-AIM_SECONDS, AIM_SECONDS) * rate)
        address = self.addresses[min(max(near, 0), len(self.addresses) - 1)]
        if address in self.chosen:
            return ""
        self.chosen.add(address)
        return address
