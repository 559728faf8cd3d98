"""Who is to be planned: a marker a person, taken by the planner with SKIP LOCKED; single changes go before whole locations."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.locations import ANY_STALE
from shared.kit.db import Database

_ANYTHING: Final = f"select exists (select from replans) or {ANY_STALE}"  # noqa: S608 - one constant in another
_TAKE: Final = text("""
delete from replans where (subscriber_id, consumer_id) in (
    select subscriber_id, consumer_id from replans order by bulk limit :limit for update skip locked)
returning subscriber_id, consumer_id
""")
_MARK_LOCATION: Final = text("""
insert into replans (subscriber_id, consumer_id, bulk)
select s.subscriber_id, s.consumer_id, true
from (
    select subscriber_id, consumer_id from consumers where subscriber_id = :subscriber_id and location_id = :location_id
    union
    select subscriber_id, consumer_id from appointments
    where subscriber_id = :subscriber_id and location_id = :location_id and consumer_id is not null
    union
    select subscriber_id, consumer_id from visits
    where subscriber_id = :subscriber_id and location_id = :location_id and consumer_id is not null
) s
order by 1, 2
on conflict (subscriber_id, consumer_id) do nothing
""")
_MARK_TOUCHES: Final = text("""
insert into replans as r (subscriber_id, consumer_id, bulk)
select distinct t.subscriber_id, t.consumer_id, false
from unnest(cast(:subscribers as uuid[]), cast(:touches as uuid[])) as s (subscriber_id, touch_id)
join touches t on t.subscriber_id = s.subscriber_id and t.touch_id = s.touch_id
order by 1, 2
on conflict (subscriber_id, consumer_id) do update set bulk = false where r.bulk
""")
_RENEW: Final = text("""
update touches set due_at = due_local at time zone zone, next_at = least(due_local at time zone zone, useful_until)
where state in ('planned', 'held') and due_at > :now and due_at <> due_local at time zone zone
""")


async def is_anything_to_plan(database: Database, *, drawn_until: date) -> bool:
    """Tell whether there is a person to plan or a location to draw: the one question an idle planner asks."""
    return bool(await database.glance(_ANYTHING, drawn_until))


async def take_replans(connection: AsyncConnection, *, limit: int) -> list[tuple[UUID, UUID]]:
    """Take up to `limit` people off the list for this transaction; a crash puts them back."""
    rows = await connection.execute(_TAKE, {"limit": limit})
    return sorted((row.subscriber_id, row.consumer_id) for row in rows)


async def mark_location(connection: AsyncConnection, *, subscriber_id: UUID, location_id: UUID) -> None:
    """Mark everybody with a record at a location: its rules or a campaign changed."""
    await connection.execute(_MARK_LOCATION, {"subscriber_id": subscriber_id, "location_id": location_id})


async def mark_people_of_touches(connection: AsyncConnection, touches: list[tuple[UUID, UUID]]) -> None:
    """Mark the people of these touches, by (subscriber_id, touch_id)."""
    if touches:
        values = {"subscribers": [row[0] for row in touches], "touches": [row[1] for row in touches]}
        await connection.execute(_MARK_TOUCHES, values)


async def renew_instants(connection: AsyncConnection, *, now: datetime) -> int:
    """Recompute the instants of planned touches from wall time and zone: the zone data may be newer than the plan (N-52)."""
    return (await connection.execute(_RENEW, {"now": now})).rowcount
