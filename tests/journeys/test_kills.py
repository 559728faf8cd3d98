"""SIGKILL at every named step of the hand-over: nothing is lost, nothing goes twice, what nobody can know is called uncertain."""

import asyncio
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from tests.fixtures.services import Neighbours
from tests.fixtures.smtp import Script, Step
from tests.journeys.crash_points import find_crash_points
from tests.journeys.mail_house import CONNECTIONS, MailHouse, Nursery, is_alive, open_mail_house, open_nursery

HITS = {
    "mailer.after_claim": (1, 2),
    "mailer.after_permission": (1,),
    "mailer.after_body": (1, 23),
    "mailer.after_marker": (1, 23),
    "mailer.after_dot": (1, 23),
    "mailer.after_reply": (1, 23),
    "mailer.after_journal": (1, 23),
    "mailer.after_settle": (1, 2),
    "mailer.poll_answered": (1, 3),
    "mailer.after_suppression": (1, 3),
}
"""At which passage each crash point of the hand-over kills. A new crash point must be added here."""
HAND_OVER = ("services/mailer/delivery/", "services/mailer/smtp/session")
BATCH = 30


@pytest.fixture(scope="module")
def nursery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nursery]:
    """Return a place that starts service processes quickly."""
    with open_nursery(tmp_path_factory.mktemp("nursery")) as opened:
        yield opened


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def test_every_crash_point_has_one_name_and_those_of_the_hand_over_are_all_killed_at() -> None:
    """I12: printed, so that a reader sees what is covered; the hand-over's are those of delivery and session."""
    found = find_crash_points()
    for name, path in sorted(found.items()):
        _say(f"{name:32} {path}")
    services = {name.partition(".")[0] for name in found}
    assert services >= {"mailer", "optout", "ingest", "scheduler", "kit"}
    assert {name for name, path in found.items() if path.startswith(HAND_OVER)} == set(HITS)


async def _die_at(house: MailHouse, point: str, number: int) -> None:
    """Let a worker take up what its predecessor left and run into a crash point; one that finishes before it dies is given more."""
    once = house.folder / f"{point}-{number}"
    worker = house.start("mailer", "work", DUEBACK_CRASH=f"{point}:{number}", DUEBACK_CRASH_ONCE=str(once))
    async with asyncio.timeout(60):
        while is_alive(worker):
            if await house.drained():
                await house.mail(BATCH)
            await asyncio.sleep(0.02)
    assert os.path.exists(once), f"{point} was never passed {number} times"  # noqa: ASYNC240


async def test_kills_at_every_step_of_the_hand_over_lose_nothing_and_repeat_nothing(
    neighbours: Neighbours, nursery: Nursery, tmp_path: Path
) -> None:
    """I3, I12, P9: each successor takes up what the one before left and dies at the next step; the last one finishes."""
    uncertain, kill = 0, ""
    kills = [(point, number) for point, numbers in HITS.items() for number in numbers]

    async def weigh() -> None:
        nonlocal uncertain
        now = int(await house.database.fetchval("select count(*) from messages where state = 'uncertain'"))
        _say(f"{kill:28} uncertain {now - uncertain:2}, the relay has {len(house.dots())} of {len(house.submitted)}")
        assert now - uncertain <= CONNECTIONS, kill
        uncertain = now

    async with open_mail_house(neighbours, nursery, tmp_path) as house:
        for point, number in kills:
            await house.mail(BATCH)
            await _die_at(house, point, number)
            if kill:
                await weigh()
            kill = f"{point}:{number}"
        last = house.start("mailer", "work")
        await house.until(house.drained, 60)
        await weigh()
        await house.stop(last)
        account = await house.account()
        _say(f"{len(kills)} kills: {account.line()}")
        account.check(most_uncertain=len(kills) * CONNECTIONS)
        assert set(account.states.values()) <= {"sent", "uncertain"}
        assert not [path for path in os.listdir(house.folder / "mailer") if path.endswith(".journal")]


async def test_nothing_reaches_the_relay_after_an_optout_was_answered(
    neighbours: Neighbours, nursery: Nursery, tmp_path: Path
) -> None:
    """I1: people click while their mail is about to leave at full speed; the relay's clock is held against the answer's."""
    slow = Script((Step("dot", "delay", seconds=0.03),))
    async with open_mail_house(neighbours, nursery, tmp_path, slow) as house:
        addresses = await house.mail(1200)
        answered: dict[str, float] = {}

        async def click(address: str) -> None:
            answer = await house.click(address)
            assert answer.status_code == 200
            answered[address] = monotonic()

        worker = house.start("mailer", "work")
        await house.until(
            lambda: house.database.fetchval("select count(*) > 20 from messages where state = 'sent'"), 60
        )
        clicks = []
        for address in addresses[::-1][::6]:
            clicks.append(asyncio.create_task(click(address)))
            await asyncio.sleep(0.005)
        await asyncio.gather(*clicks)
        await house.until(house.drained, 60)
        await house.stop(worker)
        sent_at = {dot.details["recipients"][0]: dot.at for dot in house.dots()}
        late = [address for address, at in answered.items() if sent_at.get(address, 0.0) > at]
        stopped = sum(address not in sent_at for address in answered)
        account = await house.account()
        _say(
            f"{len(answered)} opted out, {stopped} of them before their mail, {len(late)} mailed after the answer; {account.line()}"
        )
        assert late == []
        assert stopped > 0
        account.check(most_uncertain=0)
        assert not is_alive(worker)
