"""What messages announced: written with a message's first claim and never changed, so that an answer is held against what its reader was told."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.answering import Announced
from services.scheduler.store.messages import MessageKey

# The lead as its touch speaks of it, and what else the person has on that day at that place, which the mail does not name (N-55).
_ANNOUNCE: Final = text("""
insert into announcements (subscriber_id, message_id, appointment_id, consumer_id, starts_at, announced_at)
select t.subscriber_id, t.message_id, a.appointment_id, t.consumer_id,
    case when a.appointment_id = t.trigger_id then t.about_at else a.starts_at end, :now
from unnest(cast(:subscribers as uuid[]), cast(:messages as uuid[])) as s (subscriber_id, message_id)
join touches t on t.subscriber_id = s.subscriber_id and t.message_id = s.message_id and t.state = 'dispatched'
join appointments a on a.subscriber_id = t.subscriber_id and a.consumer_id = t.consumer_id and (
    a.appointment_id = t.trigger_id or (
        a.location_id = t.location_id and a.starts_at >= t.about_at and cast(a.starts_at at time zone t.zone as date) = t.about_on
        and a.status in ('booked', 'confirmed') and not a.deleted))
where t.campaign_type = any(cast(:types as text[]))
order by 1, 2, 3
on conflict do nothing
""")
_RETRACT: Final = text("""
delete from announcements n
using unnest(cast(:subscribers as uuid[]), cast(:touches as uuid[]), cast(:messages as uuid[])) as s (subscriber_id, touch_id, message_id),
    touches t
where t.subscriber_id = s.subscriber_id and t.touch_id = s.touch_id
    and n.subscriber_id = s.subscriber_id and n.message_id = s.message_id and n.consumer_id = t.consumer_id
""")
_READ: Final = text("""
select n.appointment_id, n.consumer_id, n.starts_at, n.starts_at at time zone l.zone as starts_local,
    case when a.consumer_id = n.consumer_id and not a.deleted then a.status end as status, a.starts_at as present_starts_at,
    greatest(c.confirmed_at, case when a.status = 'confirmed' then a.status_at end) as confirmed_at, r.asked_at
from announcements n
join messages m on m.subscriber_id = n.subscriber_id and m.message_id = n.message_id
join locations l on l.subscriber_id = m.subscriber_id and l.location_id = m.location_id
left join appointments a on a.subscriber_id = n.subscriber_id and a.appointment_id = n.appointment_id
left join confirmations c on c.subscriber_id = n.subscriber_id and c.appointment_id = n.appointment_id and c.starts_at = n.starts_at
left join time_requests r on r.subscriber_id = n.subscriber_id and r.appointment_id = n.appointment_id and r.starts_at = n.starts_at
where n.subscriber_id = :subscriber_id and n.message_id = :message_id
""")
_PLACE: Final = text(
    "select location_id from messages where subscriber_id = :subscriber_id and message_id = :message_id"
)


async def announce(
    connection: AsyncConnection, messages: Sequence[MessageKey], *, types: Collection[str], now: datetime
) -> None:
    """Note what these messages announce, if they are of one of these types; what is noted already stays."""
    values = {"subscribers": [key[0] for key in messages], "messages": [key[1] for key in messages]}
    await connection.execute(_ANNOUNCE, values | {"types": sorted(types), "now": now})


async def retract(connection: AsyncConnection, released: Mapping[tuple[UUID, UUID], UUID]) -> None:
    """Take back what messages announced to the people of these touches, which leave without them: message by (subscriber_id, touch_id)."""
    values = {
        "subscribers": [subscriber for subscriber, _ in released],
        "touches": [touch for _, touch in released],
        "messages": list(released.values()),
    }
    await connection.execute(_RETRACT, values)


async def read_announced(connection: AsyncConnection, *, subscriber_id: UUID, message_id: UUID) -> list[Announced]:
    """Return what a message announced, each beside what is known of it now."""
    rows = await connection.execute(_READ, {"subscriber_id": subscriber_id, "message_id": message_id})
    return [Announced(**row._mapping) for row in rows]


async def find_place(connection: AsyncConnection, *, subscriber_id: UUID, message_id: UUID) -> UUID | None:
    """Return the location that a message is from, None for no message of ours."""
    found: UUID | None = await connection.scalar(_PLACE, {"subscriber_id": subscriber_id, "message_id": message_id})
    return found
