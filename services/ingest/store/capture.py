"""Counts whom a location can write to, and finds the day's visitors whom it cannot."""

from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

MOST_VISITORS: Final = 500
_REACHED: Final = """
left join lateral (
    select g.id from consumers g where g.subscriber_id = c.subscriber_id and c.minor_until > :today and g.id = c.guardian_id
        and g.address_key is not null and not g.deleted offset 0) g on true
"""
_COUNT: Final = text(f"""
select c.location_id, case when c.minor_until > :today then case when g.id is null then 'minor_without_guardian' end
        when c.address_key is null then coalesce(c.address_problem, 'address_missing') end as problem, count(*) as people
from consumers c {_REACHED}
where c.subscriber_id = :subscriber and not c.deleted and c.merged_into is null and c.status = 'active'
    and (cast(:locations as uuid[]) is null or c.location_id = any(cast(:locations as uuid[])))
group by 1, 2 order by 1, 2
""")  # noqa: S608 - a constant
_VISITORS: Final = text(f"""
select a.id as appointment_id, a.starts_at, c.* from appointments a
cross join lateral (
    select * from consumers p where p.subscriber_id = a.subscriber_id and p.id = survivor(a.subscriber_id, a.consumer_id) offset 0) c {_REACHED}
where a.subscriber_id = :subscriber and a.location_id = :location and a.starts_at >= :since and a.starts_at < :until
    and not a.deleted and not a.parked and a.status in ('booked', 'confirmed', 'arrived', 'completed')
    and not c.deleted and c.personal is not null and c.status <> 'deceased' and g.id is null
    and (c.address_key is null or c.minor_until > :today)
order by a.starts_at, a.id limit :limit
""")  # noqa: S608 - a constant


async def count_captured(
    connection: AsyncConnection, *, subscriber_id: UUID, location_ids: list[UUID] | None, today: date
) -> list[Any]:
    """Return people by location and problem; None is no problem."""
    values = {"subscriber": subscriber_id, "locations": location_ids, "today": today}
    return list(await connection.execute(_COUNT, values))


async def find_uncaptured_visitors(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    location_id: UUID,
    since: datetime,
    until: datetime,
    today: date,
) -> list[Any]:
    """Return the appointments of a span with their people, ciphertext still."""
    values = {"subscriber": subscriber_id, "location": location_id, "since": since, "until": until, "today": today}
    return list(await connection.execute(_VISITORS, values | {"limit": MOST_VISITORS}))
