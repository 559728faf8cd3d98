"""Who is to be planned: a marker a person, taken by the planner with SKIP LOCKED; single changes go before whole locations."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.locations import ANY_STALE, ANY_UNSWEPT
from shared.kit.db import Database

_ANYTHING: Final = f"select exists (select from replans) or {ANY_STALE} or {ANY_UNSWEPT}"  # noqa: S608 - one constant in another
# In the order of the indexes that planning looks people up in and that its touches go into: of a million people a slice then needs a few hundred
# pages of each instead of one a person.
# An array is made once; a sub-select of IN may be run once a row, takes more than its limit then, and the square of the rows in time.
_TAKE: Final = text("""
delete from replans where ctid = any(array(
    select ctid from replans order by bulk, subscriber_id, consumer_id limit :limit for update skip locked))
returning subscriber_id, consumer_id
""")
_MORE: Final = text("select exists (select from replans offset :than)")
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
_MARK_SWEPT: Final = text("""
insert into replans (subscriber_id, consumer_id, bulk)
select c.subscriber_id, c.consumer_id, true
from consumers c
where c.subscriber_id = :subscriber_id and c.location_id = :location_id and not c.deleted and exists (
    select from campaigns k
    where k.subscriber_id = c.subscriber_id and k.location_id = c.location_id and k.state in ('active', 'paused')
        and k.type = any(cast(:types as text[])))
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
_MARK_PEOPLE: Final = text("""
insert into replans as r (subscriber_id, consumer_id, bulk)
select distinct s.subscriber_id, s.consumer_id, false
from unnest(cast(:subscribers as uuid[]), cast(:consumers as uuid[])) as s (subscriber_id, consumer_id)
order by 1, 2
on conflict (subscriber_id, consumer_id) do update set bulk = false where r.bulk
""")
_RENEW: Final = text("""
update touches set due_at = due_local at time zone zone, next_at = least(due_local at time zone zone, useful_until)
where state in ('planned', 'held') and due_at > :now and due_at <> due_local at time zone zone
""")


async def is_anything_to_plan(database: Database, *, drawn_until: date, now: datetime) -> bool:
    """Tell whether there is a person to plan, a location to draw or a day that begins: the one question an idle planner asks."""
    return bool(await database.glance(_ANYTHING, drawn_until, now))


async def are_more_marked(connection: AsyncConnection, *, than: int) -> bool:
    """Tell whether more people are marked than this."""
    return bool(await connection.scalar(_MORE, {"than": than}))


async def take_replans(connection: AsyncConnection, *, limit: int) -> list[tuple[UUID, UUID]]:
    """Take up to `limit` people off the list for this transaction; a crash puts them back."""
    rows = await connection.execute(_TAKE, {"limit": limit})
    return sorted((row.subscriber_id, row.consumer_id) for row in rows)


async def mark_location(connection: AsyncConnection, *, subscriber_id: UUID, location_id: UUID) -> None:
    """Mark everybody with a record at a location: its rules or a campaign changed."""
    await connection.execute(_MARK_LOCATION, {"subscriber_id": subscriber_id, "location_id": location_id})


async def mark_swept(connection: AsyncConnection, *, subscriber_id: UUID, location_id: UUID, types: list[str]) -> None:
    """Mark everybody of a location where a campaign of one of these types runs: whose time comes up is told by the day."""
    values = {"subscriber_id": subscriber_id, "location_id": location_id, "types": types}
    await connection.execute(_MARK_SWEPT, values)


async def mark_people_of_touches(connection: AsyncConnection, touches: list[tuple[UUID, UUID]]) -> None:
    """Mark the people of these touches, by (subscriber_id, touch_id)."""
    if touches:
        values = {"subscribers": [row[0] for row in touches], "touches": [row[1] for row in touches]}
        await connection.execute(_MARK_TOUCHES, values)


async def mark_people(connection: AsyncConnection, people: list[tuple[UUID, UUID]]) -> None:
    """Mark these people, by (subscriber_id, consumer_id)."""
    values = {"subscribers": [row[0] for row in people], "consumers": [row[1] for row in people]}
    await connection.execute(_MARK_PEOPLE, values)


async def renew_instants(connection: AsyncConnection, *, now: datetime) -> int:
    """Recompute the instants of planned touches from wall time and zone: the zone data may be newer than the plan (N-52)."""
    return (await connection.execute(_RENEW, {"now": now})).rowcount
