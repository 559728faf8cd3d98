"""Twenty kills at random moments under a relay that misbehaves and people who opt out: the three witnesses must agree.

The seed is printed; DUEBACK_SEED=<number> repeats it, DUEBACK_FAULT_MESSAGES=20000 makes it ten times as much mail.
First the faults, then time to finish (reliability 2.0).
"""

import asyncio
import os
import random
import signal
import sys
from datetime import timedelta
from pathlib import Path

from shared.kit.clock import write_offset
from tests.faults.crowd import Crowd
from tests.fixtures.services import Neighbours
from tests.fixtures.smtp import Script, Step
from tests.journeys.mail_house import CONNECTIONS, MailHouse, Nursery, is_alive, open_mail_house

KILLS = 20
MESSAGES = int(os.environ.get("DUEBACK_FAULT_MESSAGES") or 2000)
DROPS = MESSAGES // 200
WORKERS = 2
MISBEHAVIOUR = Script(
    (
        Step("dot", "drop", recipient="p*3@*", times=DROPS),
        Step("dot", reply="451 4.3.0 later", recipient="p*7@*", times=MESSAGES // 40),
        Step("body", "drop", at_byte=700, recipient="p*1@*", times=MESSAGES // 100),
        Step("dot", "delay", seconds=1.3, recipient="p*5@*", times=MESSAGES // 200),
        Step("rcpt", reply="450 4.2.0 later", recipient="p*9@*", times=MESSAGES // 40),
        Step("dot", "delay", seconds=0.01),
    )
)
"""5 % answered with 4yz, 1 % cut before the dot, 0.5 % cut after it, 0.5 % with a late 250."""


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


async def _hurt(house: MailHouse, rng: random.Random, workers: list[int], optout: int) -> tuple[list[int], int]:
    """Kill or stall one of the processes; return who works now."""
    number = rng.randrange(len(workers))
    match rng.random():
        case chance if chance < 0.15:
            await house.stop(optout, signal.SIGKILL)
            optout = house.start("optout", "both")
            await house.until(house.optout_answers, 60)
            _say("  optout killed")
        case chance if chance < 0.3:
            await house.crash_postgres()
            _say("  PostgreSQL crashed and recovered")
        case chance if chance < 0.4:
            os.kill(workers[number], signal.SIGSTOP)
            await asyncio.sleep(rng.uniform(0.5, 4.0))
            os.kill(workers[number], signal.SIGCONT)
            await house.stop(workers[number], signal.SIGKILL)
            _say("  worker stalled and killed")
        case _:
            await house.stop(workers[number], signal.SIGKILL)
            _say("  worker killed")
    workers = [worker if is_alive(worker) else house.start("mailer", "work") for worker in workers]
    return workers, optout


async def test_twenty_random_kills_lose_nothing_and_repeat_nothing(
    durable: None, neighbours: Neighbours, nursery: Nursery, tmp_path: Path
) -> None:
    """I1, I3, I12, F1, F2, F15 to F18."""
    seed = int(os.environ.get("DUEBACK_SEED") or random.randrange(1 << 32))
    rng = random.Random(seed)
    _say(f"seed {seed}")
    clock_file = tmp_path / "clock"
    write_offset(clock_file, 0)
    async with open_mail_house(neighbours, nursery, tmp_path, MISBEHAVIOUR) as house:
        house.environment["mailer"]["DUEBACK_CLOCK_FILE"] = str(clock_file)
        crowd, optout = Crowd(house), house.processes[0]
        workers = [house.start("mailer", "work") for _ in range(WORKERS)]
        for kill in range(KILLS):
            addresses = await house.mail(MESSAGES // KILLS)
            crowd.send(rng.sample(addresses, 8))
            await asyncio.sleep(rng.uniform(0.1, 1.5))
            crowd.send(rng.sample(addresses, 4))
            workers, optout = await _hurt(house, rng, workers, optout)
            _say(f"kill {kill + 1}: {await house.states()}")
        await crowd.finish()
        for hours in range(1, 8):
            write_offset(clock_file, hours * timedelta(minutes=50).total_seconds())
            await asyncio.sleep(3.0)
        await house.until(house.drained, 60 + MESSAGES / 100)
        for worker in workers:
            await house.stop(worker)
        account = await house.account()
        late = crowd.mailed_late()
        _say(f"{len(crowd.answered)} opted out, {len(late)} mailed after the answer; {account.line()}")
        assert late == []
        account.check(most_uncertain=KILLS * CONNECTIONS + DROPS)
