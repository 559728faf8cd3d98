"""SIGKILL of optout between an opt-out's commit and its answer, and between a lease's grant and its use: what was answered holds."""

import asyncio
import os
import sys
from pathlib import Path

from tests.faults.crowd import Crowd
from tests.fixtures.services import Neighbours
from tests.fixtures.smtp import Script, Step
from tests.journeys.mail_house import Nursery, open_mail_house
from tests.mailer.delivery.world import key_of

POINTS = ("optout.after_entry_commit:3", "optout.before_answer:3", "optout.after_lease:2")


async def test_an_answered_optout_holds_whatever_optout_died_of(
    neighbours: Neighbours, nursery: Nursery, tmp_path: Path
) -> None:
    """I1, I6, I12: people click until they are answered; nobody answered is mailed, everybody answered is on file."""
    slow = Script((Step("dot", "delay", seconds=0.2),))
    async with open_mail_house(neighbours, nursery, tmp_path, slow) as house:
        crowd, optout = Crowd(house), house.processes[0]
        worker = house.start("mailer", "work")
        for point in POINTS:
            addresses = await house.mail(300)
            await house.stop(optout)
            once = tmp_path / point
            crash = {"DUEBACK_CRASH": point, "DUEBACK_CRASH_ONCE": str(once)}
            optout = house.start("optout", "both", **crash)
            crowd.send(addresses[-40:])
            await house.wait_for_end(optout)
            assert os.path.exists(once)  # noqa: ASYNC240
            optout = house.start("optout", "both")
            await house.until(house.optout_answers, 60)
        await asyncio.wait_for(crowd.finish(), 120)
        await house.until(house.drained, 60)
        await house.stop(worker)
        account = await house.account()
        late = crowd.mailed_late()
        sys.stderr.write(f"{len(crowd.answered)} opted out, {len(late)} mailed after the answer; {account.line()}\n")
        assert late == []
        kept = {row["address_key"] for row in await house.database.fetch("select address_key from suppressions")}
        assert kept == {key_of(address) for address in crowd.answered}
        account.check(most_uncertain=0)
