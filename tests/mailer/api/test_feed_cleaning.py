"""Outcomes go from the feed when the scheduler and our own counting have read them, and not before."""

from datetime import timedelta
from uuid import UUID, uuid4

from services.mailer.main import READERS
from tests.fixtures.services import service_headers
from tests.mailer.delivery.world import World


async def told(world: World) -> set[UUID]:
    """Return the messages whose outcomes the feed still holds."""
    return {row["key"] for row in await world.database.fetch("select key from changes where kind = 'outcome'")}


async def clean(world: World) -> None:
    """Let the cleaning do all it can."""
    while await world.mailer.step("clean"):
        pass


async def cancelled(world: World, address: str) -> UUID:
    """Return a message that came to its end."""
    message = world.message(address, uuid4())
    await world.submit(message)
    body = {"subscriber_id": message["subscriber_id"], "touch_ids": [message["touches"][0]["touch_id"]]}
    await world.mailer.http.post("/v1/messages/cancel", json=body, headers=service_headers("scheduler", "mailer"))
    return UUID(message["message_id"])


async def test_outcomes_go_after_ninety_days_once_the_scheduler_and_the_counts_have_them(world: World) -> None:
    """Architecture 2: whoever was away for a season finds everything it had not read."""
    scheduler = await world.neighbours.open("scheduler")
    old = await cancelled(world, "ann@example.com")
    await clean(world)
    world.neighbours.clock.move(timedelta(days=91))  # type: ignore[attr-defined]
    young = await cancelled(world, "bob@example.com")
    await clean(world)
    assert await told(world) == {old, young}
    while await scheduler.step("follow_mailer"):
        pass
    await clean(world)
    assert await told(world) == {old, young}
    await world.mailer.step("watch_complaints")
    await clean(world)
    assert await told(world) == {young}


async def test_the_scheduler_names_itself_as_the_mailer_expects(world: World) -> None:
    """Architecture 2: under another name nothing would ever be dropped."""
    scheduler = await world.neighbours.open("scheduler")
    await cancelled(world, "ann@example.com")
    while await scheduler.step("follow_mailer"):
        pass
    readers = await world.database.fetch("select reader from feed_readers")
    assert [row["reader"] for row in readers] == [name for name in READERS if name.startswith("scheduler.")]
