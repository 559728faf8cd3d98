"""Shows the capture rate of each location: what an owner improves by asking at the front desk."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.store.capture import count_captured
from services.ingest.store.staging import raw_of
from shared.kit.auth import Caller
from shared.kit.clock import Clock
from shared.kit.db import set_subscriber
from shared.schemas.capture import Capture, Captures


async def show_capture(connection: AsyncConnection, *, caller: Caller, clock: Clock) -> Captures:
    """Return the rates of the locations that the caller covers; those without people are absent."""
    await set_subscriber(connection, caller.subscriber)
    counted = await count_captured(
        await raw_of(connection),
        subscriber_id=caller.subscriber,
        location_ids=list(caller.location_ids) or None,
        today=clock.now().date(),
    )
    found: dict[str, Capture] = {}
    for location_id in {row.location_id: None for row in counted}:
        people = {row.problem: row.people for row in counted if row.location_id == location_id}
        captured, total = people.pop(None, 0), sum(people.values())
        found[str(location_id)] = Capture(
            location_id=location_id,
            people=captured + total,
            captured=captured,
            rate=round(captured / (captured + total), 4),
            problems=people,
        )
    return Captures(items=list(found.values()))
