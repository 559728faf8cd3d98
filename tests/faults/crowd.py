"""People who opt out while things break, and when each of them was answered."""

import asyncio
from time import monotonic

from shared.kit.http import HttpFailure
from tests.journeys.mail_house import MailHouse


class Crowd:
    """People who click until they are answered, as mail programs do when a server dies on them."""

    def __init__(self, house: MailHouse) -> None:
        self._house = house
        self._clicks: list[asyncio.Task[None]] = []
        self.answered: dict[str, float] = {}

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

    async def _click(self, address: str) -> None:
        while address not in self.answered:
            try:
                if (await self._house.click(address)).status_code == 200:
                    self.answered[address] = monotonic()
            except HttpFailure:
                await asyncio.sleep(0.2)
