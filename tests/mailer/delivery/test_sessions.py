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


async def test_a_session_is_rotated_after_so_many_messages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay that counts messages per connection, or leaks by them, sees a new one: 200 messages, at most five and the one on its way in each."""
    monkeypatch.setattr("services.mailer.delivery.sending._MOST_DOTS", 5)
    world.sink.script = Script((Step("dot", "delay", seconds=0.05),))
    await world.send(*(f"ann{number}@example.com" for number in range(200)))
    async with world.following(), world.working():
        await world.until_later(
            lambda: world.database.fetchval("select count(*) = 200 from messages where state = 'sent'")
        )
    per_session = Counter(message.connection for message in world.sink.messages)
    assert max(per_session.values()) <= 6
    assert len(per_session) >= 200 / 6 > 20  # more than the worker holds at once
    assert set(_events(world, "quit")) >= set(per_session)
    assert world.sink.violations == []


async def test_a_session_without_work_says_quit_and_the_next_message_opens_another(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relay's connections are not held for nothing; until then a message that comes takes the open one."""
    monkeypatch.setattr("services.mailer.delivery.sending._IDLE_SECONDS", 1.0)
    async with world.following(), world.working():
        for count, address in enumerate(("ann@example.com", "bob@example.com"), start=1):
            await world.send(address)
            await world.sink.wait_for(count)

            async def is_over() -> bool:
                return len(_events(world, "quit")) == len(_events(world, "closed")) == count  # noqa: B023

            await world.until(is_over)
    assert [message.connection for message in world.sink.messages] == [0, 1]
    assert world.sink.violations == []
