"""Routes of which some are limited: nothing waits for a route that has no room while another may send, and what was taken and not used goes back."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from tests.fixtures.smtp import Script, SmtpSink, Step
from tests.mailer.delivery.routes import people, put, url_of
from tests.mailer.delivery.world import World


@pytest.fixture
async def second() -> AsyncIterator[SmtpSink]:
    """Return a second relay."""
    async with SmtpSink() as sink:
        yield sink


async def _all_sent(world: World, count: int) -> None:
    await world.until_later(
        lambda: world.database.fetchval("select count(*) = $1 from messages where state = 'sent'", count)
    )


async def _hour_used(world: World) -> dict[str, int]:
    rows = await world.database.fetch("select key, hour_used from paces where kind = 'route'")
    return {row["key"]: row["hour_used"] for row in rows}


@pytest.mark.parametrize("priority", [0, 1])
async def test_a_limited_route_beside_one_without_a_limit_gets_its_share(
    world: World, second: SmtpSink, priority: int
) -> None:
    """20 a second over the first, as many as there are over the other: of the same priority both send, a backup waits for an emergency."""
    await put(world, "/v1/routes/default", per_second=20)
    await put(world, "/v1/routes/second", url=url_of(second), priority=priority)
    await world.send(*people(60))
    async with world.following(), world.working():
        await _all_sent(world, 60)
    shares = len(world.sink.messages), len(second.messages)
    assert shares == (60, 0) if priority else min(shares) > 0


async def test_sessions_do_not_queue_up_for_a_route_without_room(world: World, second: SmtpSink) -> None:
    """One a second over the second route: the first is served by many sessions meanwhile, though it is slow."""
    world.sink.script = Script((Step("dot", "delay", seconds=0.1),))
    await put(world, "/v1/routes/second", url=url_of(second), per_second=1)
    await world.send(*people(200))
    async with world.following(), world.working():
        await world.until(lambda: world.database.fetchval("select count(*) = 200 from messages where state = 'sent'"))
        lines = {entry.connection for entry in world.sink.ledger}
    assert len(second.messages) == 1  # the clock stood still
    assert len(lines) > 5


async def test_a_backup_takes_over_what_an_hours_count_would_hold_and_keeps_no_more_than_it_used(
    world: World, second: SmtpSink
) -> None:
    """5 an hour over the first, 100 over the backup: 60 go, and the backup's hour has 45 left; when the hour is over the first sends again."""
    await put(world, "/v1/routes/default", per_hour=5)
    await put(world, "/v1/routes/second", url=url_of(second), per_hour=100, priority=1)
    await world.send(*people(60))
    async with world.following(), world.working():
        await _all_sent(world, 60)
    assert (len(world.sink.messages), len(second.messages)) == (5, 55)
    assert await _hour_used(world) == {"default": 5, "second": 55}
    world.neighbours.clock.move(timedelta(hours=1, minutes=1))  # type: ignore[attr-defined]
    await world.send(*people(3, "example.org"))
    assert await world.deliver() == {"sent": 63}
    assert (len(world.sink.messages), len(second.messages)) == (8, 55)


async def test_what_an_idle_worker_took_and_did_not_use_goes_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three of 25: the other 22 are anybody's again while the worker still runs."""
    monkeypatch.setattr("services.mailer.delivery.routing._RENEW_SECONDS", 0.5)
    await put(world, "/v1/routes/default", per_hour=25)
    await world.send(*people(3))
    async with world.following(), world.working():
        await _all_sent(world, 3)

        async def is_back() -> bool:
            return (await _hour_used(world))["default"] < 25

        assert await _hour_used(world) == {"default": 25}
        await world.until(is_back)
        assert await _hour_used(world) == {"default": 3}


async def test_a_relay_that_cannot_be_reached_uses_up_no_count(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """No session, no message over it: five an hour are still five when it is back."""
    monkeypatch.setattr("services.mailer.delivery.routing._LONGEST_BACKOFF_SECONDS", 0.3)
    world.sink.script = Script((Step("greeting", reply="421 4.3.2 not now", close=True, times=8),))
    await put(world, "/v1/routes/default", per_hour=5)
    await world.send(*people(5))
    async with world.following(), world.working():
        await _all_sent(world, 5)
    assert await _hour_used(world) == {"default": 5}


async def test_with_every_count_used_up_nothing_stays_in_hand(world: World, second: SmtpSink) -> None:
    """Ten over both; the rest waits in the queue, where another worker or route finds it, not in this one's hands."""
    for name, body in (("default", {}), ("second", {"url": url_of(second), "priority": 1})):
        await put(world, f"/v1/routes/{name}", per_hour=5, **body)
    await world.send(*people(40))
    async with world.following(), world.working():
        await _all_sent(world, 10)
        await world.until(
            lambda: world.database.fetchval("select count(*) = 30 from messages where state = 'accepted'")
        )
        await asyncio.sleep(0.5)
        assert await world.states() == {"sent": 10, "accepted": 30}


async def test_a_slowed_route_recovers_with_time(world: World, second: SmtpSink) -> None:
    """`too many messages` once: slower at first, and two hours later everything goes at once again."""
    world.sink.script = Script((Step("mail", reply="451 4.7.1 too many messages", times=1),))
    await put(world, "/v1/routes/second", url=url_of(second), priority=1)
    await world.send("ann@gmail.com")
    async with world.following(), world.working():
        await world.until(lambda: world.database.fetchval("select count(*) = 1 from paces where kind = 'route'"))
        assert await world.database.fetchval("select rate from paces where kind = 'route'") == 1.0
        world.neighbours.clock.move(timedelta(hours=2))  # type: ignore[attr-defined]
        await world.send(*people(30))
        await world.until(lambda: world.database.fetchval("select count(*) = 31 from messages where state = 'sent'"))
    assert await world.states() == {"sent": 31}
    assert len(world.sink.messages) + len(second.messages) == 31
