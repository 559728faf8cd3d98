"""Sessions over time: slow relays are asked for less, a session is rotated, and an idle one says QUIT."""

from collections import Counter
from typing import Literal

import pytest

from tests.fixtures.smtp import Script, Step
from tests.fixtures.smtp_script import CAPABILITIES
from tests.mailer.delivery.world import World

_ONE_BY_ONE = tuple(line for line in CAPABILITIES if line != "PIPELINING")


@pytest.mark.parametrize("capabilities", [CAPABILITIES, _ONE_BY_ONE], ids=["pipelined", "one_by_one"])
@pytest.mark.parametrize("phase", ["mail", "rcpt", "data", "dot"])
async def test_a_slow_reply_to_any_command_slows_the_route(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    phase: Literal["mail", "rcpt", "data", "dot"],
    capabilities: tuple[str, ...],
) -> None:
    """Additive increase, multiplicative decrease on slow replies: the message is sent, the route is halved, no provider is blamed."""
    monkeypatch.setattr("services.mailer.delivery.pacer._SLOW_REPLY_SECONDS", 1.0)
    world.sink.script = Script((Step(phase, "delay", seconds=1.2, times=1),), capabilities)
    await world.send("ann@gmail.com")
    async with world.following(), world.working():
        await world.until(lambda: world.database.fetchval("select count(*) = 1 from paces where rate > 0"))
        await world.until(lambda: world.database.fetchval("select count(*) = 1 from messages where state = 'sent'"))
    assert await world.database.fetchval("select kind || ' ' || key from paces") == "route default"


def _events(world: World, event: str) -> Counter[int]:
    return Counter(entry.connection for entry in world.sink.ledger if entry.event == event)
