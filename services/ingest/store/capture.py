"""Counts whom a location can write to, and finds the day's visitors whom it cannot."""

from datetime import date, datetime
from typing import Final
from uuid import UUID

from shared.kit.db import RawConnection, Row

MOST_VISITORS: Final = 500
_REACHED: Final = """
left join lateral (
    select g.id from consumers g where g.subscriber_id = c.subscriber_id and c.minor_until > $2 and g.id = c.guardian_id
        and g.address_key is not null and not g.deleted offset 0) g on true
"""
_COUNT: Final = f"""
select c.location_id, case when c.minor_until > $2 then case when g.id is null then 'minor_without_guardian' end
        when c.address_key is null then coalesce(c.address_problem, 'address_missing') end as problem, count(*) as people
from consumers c {_REACHED}
where c.subscriber_id = $1 and not c.deleted and c.merged_into is null and c.status = 'active'
    and ($3::uuid[] is null or c.location_id = any($3))
group by 1, 2 order by 1, 2
"""  # noqa: S608 - a constant
_VISITORS: Final = f"""
select a.id as appointment_id, a.starts_at, c.* from appointments a
cross join lateral (
    select * from consumers p where p.subscriber_id = a.subscriber_id and p.id = survivor(a.subscriber_id, a.consumer_id) offset 0) c {_REACHED}
where a.subscriber_id = $1 and a.location_id = $3 and a.starts_at >= $4 and a.starts_at < $5
    and not a.deleted and not a.parked and a.status in ('booked', 'confirmed', 'arrived', 'completed')
    and not c.deleted and c.personal is not null and c.status <> 'deceased' and g.id is null
    and not exists (
        select from connections k where k.subscriber_id = a.subscriber_id and k.connection_id = a.connection_id and k.ended_at < a.starts_at)
    and (c.address_key is null or c.minor_until > $2)
order by a.starts_at, a.id limit $6
"""  # noqa: S608 - a constant


async def count_captured(
    connection: RawConnection, *, subscriber_id: UUID, location_ids: list[UUID] | None, today: date
) -> list[Row]:
    """Return people by location and problem; None is no problem."""
    return await connection.fetch(_COUNT, subscriber_id, today, location_ids, record_class=Row)


async def find_uncaptured_visitors(
    connection: RawConnection,
    *,
    subscriber_id: UUID,
    location_id: UUID,
    since: datetime,
    until: datetime,
    today: date,
) -> list[Row]:
    """Return the appointments of a span with their people, ciphertext still."""
    asked = (subscriber_id, today, location_id, since, until, MOST_VISITORS)
    return await connection.fetch(_VISITORS, *asked, record_class=Row)
