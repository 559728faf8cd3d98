"""What messages announced: written with a message's first claim and never changed.

An answer is held against what its reader was told, and a calendar gets the same entry at every attempt.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.answering import Announced
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.store.messages import MessageKey
from shared.schemas.calendar import CalendarEntry

_CALENDAR: Final = UUID("3f0c7d52-8e1b-4a35-9a55-0d6a8f2f5c11")
_LONGEST_MINUTES: Final = 1440
"""A source's longer ones are typing errors or blocks; the entry then has no end."""

# The lead as its touch speaks of it, and what else the person has on that day at that place, which the mail does not name (N-55). The sequence
# rises when a start, a length or a cancellation is another than was announced last.
_ANNOUNCE: Final = text("""
insert into announcements (subscriber_id, message_id, appointment_id, consumer_id, starts_at, minutes, sequence, announced_at)
select o.subscriber_id, o.message_id, o.appointment_id, o.consumer_id, o.starts_at, o.minutes,
    coalesce(l.sequence + cast((l.starts_at, l.minutes, l.is_cancelled) is distinct from (o.starts_at, o.minutes, false) as integer), 0), :now
from (
    select t.subscriber_id, t.message_id, a.appointment_id, t.consumer_id, a.minutes,
        case
            when a.appointment_id = t.trigger_id and t.campaign_type <> all(cast(:booked as text[])) then t.about_at else a.starts_at
        end as starts_at
    from unnest(cast(:subscribers as uuid[]), cast(:messages as uuid[])) as s (subscriber_id, message_id)
    join touches t on t.subscriber_id = s.subscriber_id and t.message_id = s.message_id and t.state = 'dispatched'
    join appointments a on a.subscriber_id = t.subscriber_id and a.consumer_id = t.consumer_id and a.starts_at is not null and (
        a.appointment_id = t.trigger_id or (
            a.location_id = t.location_id and a.starts_at >= t.about_at and cast(a.starts_at at time zone t.zone as date) = t.about_on
            and a.status in ('booked', 'confirmed') and not a.deleted))
    where t.campaign_type = any(cast(:entering as text[]))
) o
left join lateral (
    select n.starts_at, n.minutes, n.is_cancelled, n.sequence from announcements n
    where n.subscriber_id = o.subscriber_id and n.appointment_id = o.appointment_id order by n.sequence desc, n.announced_at desc limit 1
) l on true
order by 1, 2, 3
on conflict do nothing
""")
# What was announced to the person, is still ahead and was cancelled since: the lead of this mail and whatever went with it.
_TAKE_OUT: Final = text("""
insert into announcements (subscriber_id, message_id, appointment_id, consumer_id, starts_at, minutes, sequence, announced_at, is_cancelled)
select t.subscriber_id, t.message_id, l.appointment_id, t.consumer_id, l.starts_at, l.minutes, l.sequence + 1, :now, true
from unnest(cast(:subscribers as uuid[]), cast(:messages as uuid[])) as s (subscriber_id, message_id)
join touches t on t.subscriber_id = s.subscriber_id and t.message_id = s.message_id and t.state = 'dispatched'
cross join lateral (
    select distinct on (n.appointment_id) n.appointment_id, n.starts_at, n.minutes, n.sequence, n.is_cancelled from announcements n
    where n.subscriber_id = t.subscriber_id and n.consumer_id = t.consumer_id and n.message_id <> t.message_id
    order by n.appointment_id, n.sequence desc, n.announced_at desc
) l
join appointments a on a.subscriber_id = t.subscriber_id and a.appointment_id = l.appointment_id and (a.deleted or a.status = 'cancelled')
where t.campaign_type = any(cast(:cancelling as text[])) and not l.is_cancelled and l.starts_at > :now
order by 1, 2, 3
on conflict do nothing
""")
_NOTED: Final = text("""
select n.subscriber_id, n.message_id, n.appointment_id, n.consumer_id, n.starts_at, n.minutes, n.sequence, n.announced_at, n.is_cancelled
from unnest(cast(:subscribers as uuid[]), cast(:messages as uuid[])) as s (subscriber_id, message_id)
join announcements n on n.subscriber_id = s.subscriber_id and n.message_id = s.message_id
order by n.starts_at, n.appointment_id
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
where n.subscriber_id = :subscriber_id and n.message_id = :message_id and not n.is_cancelled
""")
_PLACE: Final = text(
    "select location_id from messages where subscriber_id = :subscriber_id and message_id = :message_id"
)


@dataclass(frozen=True, slots=True)
class Noted:
    """What a message announces to one person: an appointment as their calendar is to know it."""

    consumer_id: UUID
    entry: CalendarEntry


async def announce(
    connection: AsyncConnection, messages: Sequence[MessageKey], *, types: Mapping[str, CampaignType], now: datetime
) -> dict[MessageKey, list[Noted]]:
    """Note what these messages announce, and return it; what was noted at an earlier claim stays as it was."""
    using = {use: [slug for slug, kind in types.items() if kind.calendar == use] for use in ("enter", "cancel")}
    keys = {"subscribers": [key[0] for key in messages], "messages": [key[1] for key in messages]}
    booked = [slug for slug in using["enter"] if types[slug].trigger.kind == "booking"]
    await connection.execute(_ANNOUNCE, keys | {"entering": using["enter"], "booked": booked, "now": now})
    await connection.execute(_TAKE_OUT, keys | {"cancelling": using["cancel"], "now": now})
    noted: dict[MessageKey, list[Noted]] = {}
    for row in await connection.execute(_NOTED, keys):
        noted.setdefault((row.subscriber_id, row.message_id), []).append(Noted(row.consumer_id, _entry(row)))
    return noted


def _entry(row: Any) -> CalendarEntry:
    return CalendarEntry(
        uid=uuid5(_CALENDAR, f"{row.subscriber_id}:{row.appointment_id}"),
        sequence=row.sequence,
        starts_at=row.starts_at,
        minutes=row.minutes if row.minutes and 0 < row.minutes <= _LONGEST_MINUTES else None,
        announced_at=row.announced_at,
        is_cancelled=row.is_cancelled,
    )


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
