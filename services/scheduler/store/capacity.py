"""What a location's calendar has free, and how many invitations are open against it (domain/capacity.py says what counts)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.capacity import ANSWER_DAYS, HORIZON_DAYS, MOST_VISITS_A_MESSAGE, share_of
from services.scheduler.store.reach import Person

SHARES: Final = [share_of(ahead) for ahead in range(1, HORIZON_DAYS + 1)]
"""The value of `:shares` in what follows: the share of each day ahead, tomorrow's first."""
_LONGEST_DAYS: Final = 31
"""How far back an appointment may have begun and still take a day's time."""

# Of a location l on its local day {today}. Laterals with OFFSET 0: see plan_touches.sql.
_FREE_DAYS: Final = f"""
select o.day, f.offered_minutes, b.booked_minutes, (cast(:shares as double precision[]))[o.day - {{today}}] as share,
    greatest(0, f.offered_minutes - b.booked_minutes) / l.visit_minutes as free_visits
from open_days o
cross join lateral (
    select cast(l.chairs_or_bays as integer) * o.open_minutes as offered_minutes,
        cast(o.day as timestamp) at time zone l.zone as begins_at, cast(o.day + 1 as timestamp) at time zone l.zone as ends_at
) f
cross join lateral (
    select cast(coalesce(sum(least(
        case
            when a.starts_at >= f.begins_at then coalesce(a.minutes, l.visit_minutes)
            else extract(epoch from a.starts_at - f.begins_at) / 60 + coalesce(a.minutes, l.visit_minutes)
        end, o.open_minutes)), 0) as integer) as booked_minutes
    from appointments a
    where a.subscriber_id = l.subscriber_id and a.location_id = l.location_id and not a.deleted
        and a.status in ('booked', 'confirmed', 'arrived', 'block')
        -- What began before, a car that stays or a block of weeks, takes its part of the day.
        and a.starts_at >= f.begins_at - interval '{_LONGEST_DAYS} days' and a.starts_at < f.ends_at
        and a.starts_at + make_interval(mins => coalesce(a.minutes, l.visit_minutes)) > f.begins_at
    offset 0
) b
where o.subscriber_id = l.subscriber_id and o.location_id = l.location_id and o.open_minutes > 0
    and o.day > {{today}} and o.day <= {{today}} + {HORIZON_DAYS}
"""  # noqa: S608 - constants only
_OPEN_INVITATIONS: Final = f"""
select coalesce(sum(least(w.waiting, {MOST_VISITS_A_MESSAGE})), 0) as open_invitations
from messages m
cross join lateral (
    select count(*) as waiting from touches t
    where t.subscriber_id = m.subscriber_id and t.message_id = m.message_id and not exists (
        select from appointments a
        where a.subscriber_id = t.subscriber_id and a.consumer_id = t.consumer_id and not a.deleted and a.status in ('booked', 'confirmed')
            and a.starts_at > :now)
    offset 0
) w
where m.subscriber_id = l.subscriber_id and m.location_id = l.location_id and m.invites and m.state <> 'void'
    and m.local_day > {{today}} - {ANSWER_DAYS} and coalesce(m.outcome in ('sent', 'uncertain', 'deferred'), true)
"""  # noqa: S608 - constants only


def room_of(today: str) -> str:
    """Return a lateral query over a location `l` on the local day `today`, an expression: free_visits, may_be_open, open_invitations, room."""
    return f"""
select f.free_visits, f.may_be_open, i.open_invitations, greatest(0, f.may_be_open - i.open_invitations) as room
from (
    select coalesce(sum(d.free_visits), 0) as free_visits,
        cast(floor(coalesce(sum(d.free_visits * d.share), 0) * l.invitations_per_visit) as bigint) as may_be_open
    from ({_FREE_DAYS.format(today=today)}) d
) f cross join ({_OPEN_INVITATIONS.format(today=today)}) i
"""  # noqa: S608 - constants only


# Two processes that count the same room would both fill it. A second statement sees what the first one's holder has committed.
_TAKE_TURN: Final = text("""
select pg_advisory_xact_lock(hashtextextended('capacity ' || p.location_id, 0))
from (
    select distinct l.location_id
    from unnest(cast(:subscribers as uuid[]), cast(:consumers as uuid[])) as s (subscriber_id, consumer_id)
    cross join lateral (
        select i.location_id from touches i
        where i.subscriber_id = s.subscriber_id and i.consumer_id = s.consumer_id and i.state = 'planned' and i.next_at <= :now
        offset 0
    ) t
    join locations l on l.subscriber_id = s.subscriber_id and l.location_id = t.location_id
    where l.chairs_or_bays > 0
    order by l.location_id
) p
""")
_CAPACITIES: Final = text(f"""
select l.location_id, l.chairs_or_bays > 0 as is_paced, r.*, (
        select count(*) from touches t
        where t.subscriber_id = l.subscriber_id and t.location_id = l.location_id and t.state = 'planned' and t.reason = 'moved_calendar_full'
    ) as waiting
from locations l
cross join lateral (select cast(cast(:now as timestamptz) at time zone l.zone as date) as today) n
cross join lateral ({room_of("n.today")}) r
where l.subscriber_id = :subscriber_id and (cast(:locations as uuid[]) is null or l.location_id = any(cast(:locations as uuid[])))
order by l.location_id
""")  # noqa: S608 - constants only
_DAYS: Final = text(f"""
select l.location_id, d.day, d.offered_minutes, d.booked_minutes, d.free_visits, d.share
from locations l
cross join lateral (select cast(cast(:now as timestamptz) at time zone l.zone as date) as today) n
cross join lateral ({_FREE_DAYS.format(today="n.today")}) d
where l.subscriber_id = :subscriber_id and l.location_id = :location_id
order by d.day
""")  # noqa: S608 - constants only


async def take_turn(connection: AsyncConnection, people: Sequence[Person], *, now: datetime) -> None:
    """Wait until no other process fills the calendars that due touches of these people are for."""
    values = {"subscribers": [row[0] for row in people], "consumers": [row[1] for row in people], "now": now}
    await connection.execute(_TAKE_TURN, values)


async def read_capacities(
    connection: AsyncConnection, *, subscriber_id: UUID, locations: Sequence[UUID] | None, now: datetime
) -> list[dict[str, Any]]:
    """Return what each location's calendar has free, what may be asked for, what is, and how many touches wait for room."""
    values = {
        "subscriber_id": subscriber_id,
        "locations": list(locations) if locations is not None else None,
        "now": now,
        "shares": SHARES,
    }
    return [dict(row._mapping) for row in await connection.execute(_CAPACITIES, values)]


async def read_free_days(
    connection: AsyncConnection, *, subscriber_id: UUID, location_id: UUID, now: datetime
) -> list[dict[str, Any]]:
    """Return the open days ahead behind a location's figures."""
    values = {"subscriber_id": subscriber_id, "location_id": location_id, "now": now, "shares": SHARES}
    return [dict(row._mapping) for row in await connection.execute(_DAYS, values)]
