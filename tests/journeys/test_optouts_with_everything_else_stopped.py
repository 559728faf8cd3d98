"""Nothing runs but optout, then not even its database: opt-outs are answered all the same and hold when everything is back."""

import asyncio
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.services import Neighbours
from tests.journeys.mail_house import MailHouse, Nursery, open_mail_house, open_nursery
from tests.optout.conftest import database_down

_SHORT = {"OPTOUT_LEASE_SECONDS": "1"}
"""Leases that are soon over, while nobody is there who could hold one."""


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    """Return a place that starts service processes quickly."""
    with open_nursery(tmp_path) as opened:
        yield opened


async def _click_all(house: MailHouse, addresses: list[str]) -> set[int]:
    """Let these people click at once; return the answers' codes."""
    return {answer.status_code for answer in await asyncio.gather(*(house.click(address) for address in addresses))}


async def test_optouts_are_answered_while_all_else_is_down_and_hold_after_the_restart(
    neighbours: Neighbours, nursery: Nursery, tmp_path: Path
) -> None:
    """I1, F5, N-40: mail is queued when everything stops; who clicked meanwhile gets none of it, whoever of us dies before it goes on."""
    async with open_mail_house(neighbours, nursery, tmp_path) as house:
        addresses = await house.mail(30)
        await house.stop(house.processes[0])
        optout = house.start("optout", "both", **_SHORT)
        await house.until(house.optout_answers, 60)
        assert await _click_all(house, addresses[:5]) == {200}
        async with database_down(house.optout_database):
            assert await _click_all(house, addresses[5:10]) == {200}
            await house.stop(optout, signal.SIGKILL)
            optout = house.start("optout", "both", **_SHORT)
            await house.until(house.optout_listens, 60)
            assert await _click_all(house, addresses[10:15]) == {200}
            await house.stop(optout, signal.SIGKILL)
        worker = house.start("mailer", "work")
        await asyncio.sleep(1.0)
        assert house.dots() == []
        house.start("optout", "both")
        await house.until(house.drained, 60)
        await house.stop(worker)
        mailed = {dot.details["recipients"][0] for dot in house.dots()}
        assert mailed == set(addresses[15:])
        account = await house.account()
        assert Counter(account.states.values()) == {"sent": 15, "suppressed": 15}
        account.check(most_uncertain=0)
