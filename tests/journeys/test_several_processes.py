"""A mailer of several processes: one only follows the log of opt-outs, the others deliver and give way to it."""

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.services import Neighbours
from tests.journeys.mail_house import MailHouse, Nursery, is_alive, open_mail_house, open_nursery


@pytest.fixture
def nursery(tmp_path: Path) -> Iterator[Nursery]:
    """Return a place that starts service processes quickly."""
    with open_nursery(tmp_path) as opened:
        yield opened


def _children(parent: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]


def _name(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()


def _niceness(house: MailHouse, parent: int) -> list[tuple[str, int]]:
    """Return name and niceness of each process under `parent`, against that of the first process of the house."""
    usual = os.getpriority(os.PRIO_PROCESS, house.processes[0])
    return sorted((_name(pid), os.getpriority(os.PRIO_PROCESS, pid) - usual) for pid in _children(parent))


async def test_one_process_follows_for_all_that_deliver_and_they_give_way_to_it(
    neighbours: Neighbours, nursery: Nursery, tmp_path: Path
) -> None:
    """I1, P4: who opted out gets nothing, the others their mail; a follower that is killed is back before long."""
    async with open_mail_house(neighbours, nursery, tmp_path) as house:
        addresses = await house.mail(30)
        assert {(await house.click(address)).status_code for address in addresses[:5]} == {200}
        family = house.start("mailer", "work", "work")
        await house.until(house.drained, 60)
        assert _niceness(house, family) == [("mailer-follow", 0), ("mailer-work", 5), ("mailer-work", 5)]
        assert {dot.details["recipients"][0] for dot in house.dots()} == set(addresses[5:])
        [follower] = [pid for pid in _children(family) if _name(pid) == "mailer-follow"]
        os.kill(follower, signal.SIGKILL)
        await house.wait_for_end(follower)
        more = await house.mail(5)
        await house.until(house.drained, 60)
        assert set(more) <= {dot.details["recipients"][0] for dot in house.dots()}
        await house.stop(family)
        assert not is_alive(follower)
        account = await house.account()
        assert Counter(account.states.values()) == {"sent": 30, "suppressed": 5}
        account.check(most_uncertain=0)
