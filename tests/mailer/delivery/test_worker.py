"""The worker's own promises: every message comes to an end, whatever happens beside it."""

import asyncio
from datetime import timedelta

import pytest

from services.mailer.delivery.marker import MarkerGroup, MarkerLostError
from services.mailer.delivery.prepare import Preparer
from services.mailer.delivery.writing import Sending
from services.mailer.smtp.verp import ReturnAddresses
from tests.fixtures.builders import build_location
from tests.fixtures.services import TOKEN_KEYS
from tests.fixtures.smtp import Script, Step
from tests.mailer.delivery.world import World


async def test_a_refusal_after_the_dot_with_no_time_left_ends_the_message(world: World) -> None:
    """I3, S-025: 4yz is definite; a message that cannot be tried again in time has expired and is told so."""
    world.sink.script = Script((Step("dot", reply="452 4.3.1 full"),))
    [message_id] = await world.send("ann@example.com", useful_until=(world.now + timedelta(minutes=10)).isoformat())
    assert await world.deliver() == {"expired": 1}
    assert await world.state(message_id) == ("expired", "mailbox_full")
    assert [outcome["state"] for outcome in await world.outcomes()] == ["expired"]


async def test_messages_of_one_location_are_not_forgotten_when_anothers_are_claimed(alone: World) -> None:
    """I3: a batch that is still being sent keeps its facts while the next one is warmed up."""
    other = build_location(alone.subscriber.subscriber_id, name="Second Street Dental")
    await alone.neighbours.push("mailer", "location", str(other.location_id), other)
    await alone.queue("ann@example.com")
    first = await alone.claim()
    await alone.queue("bob@example.com", location_id=str(other.location_id))
    second = await alone.claim()
    deps = alone.mailer.deps
    returns = ReturnAddresses({"1": b"k" * 32})
    sending = Sending(
        TOKEN_KEYS, returns, "https://optout.example.com", "bounces.example.com", "Dueback", must_sign=False
    )
    preparer = Preparer(deps.worker_db, deps.data_keys, sending, deps.clock)
    await preparer.warm(first)
    await preparer.warm(second)
    assert b"From: Bright Smile Dental" in preparer.prepare(first[0]).data
    assert b"From: Second Street Dental" in preparer.prepare(second[0]).data


async def test_a_slow_final_reply_is_waited_for_and_costs_the_next_message_nothing(world: World) -> None:
    """Architecture 4: after 1 s the message that travelled along goes back, and goes out on another session."""
    world.sink.script = Script((Step("dot", "delay", seconds=1.5, times=1),))
    await world.send("ann@example.com", "bob@example.com", "cyd@example.com")
    async with world.following(), world.working():
        await world.until(lambda: world.database.fetchval("select count(*) >= 1 from messages where state = 'sent'"))
        world.neighbours.clock.move(timedelta(seconds=5))  # type: ignore[attr-defined]
        await world.until(lambda: world.database.fetchval("select count(*) = 3 from messages where state = 'sent'"))
    assert sorted(message.recipients[0] for message in world.sink.messages) == [
        b"ann@example.com",
        b"bob@example.com",
        b"cyd@example.com",
    ]


async def test_stopping_in_mid_campaign_leaves_no_doubt_and_a_successor_finishes(world: World) -> None:
    """I25: a graceful stop finishes what is being handed over, puts the rest back and settles everything."""
    await world.send(*(f"ann{number}@example.com" for number in range(120)))
    async with world.following():
        async with world.working():
            await world.until(
                lambda: world.database.fetchval("select count(*) >= 20 from messages where state = 'sent'")
            )
        states = await world.states()
        assert set(states) <= {"sent", "accepted"}
        world.neighbours.clock.move(timedelta(seconds=5))  # type: ignore[attr-defined]
        async with world.working():
            await world.until(
                lambda: world.database.fetchval("select count(*) = 120 from messages where state = 'sent'")
            )
    assert len(world.sink.messages) == 120
    assert len({message.message_id for message in world.sink.messages}) == 120
    folder = world.mailer.deps.settings.state_folder
    assert list(folder.glob("*.journal")) == []


async def test_a_marker_nobody_knows_about_is_no_marker(alone: World) -> None:
    """Architecture 4: the database is blocked, the statement fails; no dot, and the message may be marked again later."""
    await alone.queue("ann@example.com")
    await alone.grant_lease()
    [message] = await alone.claim()
    group = MarkerGroup(alone.mailer.deps.worker_db, alone.neighbours.clock)
    stop = asyncio.Event()
    running = asyncio.create_task(group.run(stop))
    async with alone.database.transaction():
        await alone.database.execute("select pg_advisory_xact_lock(7310)")
        with pytest.raises(MarkerLostError):
            await group.mark(message)
    assert await group.mark(message) is not None
    assert await group.mark(message) is None
    stop.set()
    await running


async def test_two_workers_share_the_work_and_nothing_goes_twice(world: World) -> None:
    """I3: claims skip what is locked."""
    await world.send(*(f"ann{number}@example.com" for number in range(60)))
    async with world.following(), world.working(), world.working():
        await world.until(lambda: world.database.fetchval("select count(*) = 60 from messages where state = 'sent'"))
    assert len(world.sink.messages) == 60
    assert len({message.recipients for message in world.sink.messages}) == 60
