"""Weeks that look quiet: counted from appointments, kept once noticed, listed until they begin."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.slow_weeks import WEEKS, YEARS, Usual, WeekCount

# In the morning, when the night's synchronisation is in, and only from sources that are not stale: what did not arrive is not missing.
_TAKE: Final = text("""
update locations set measured_on = cast(cast(:now as timestamptz) at time zone zone as date)
where ctid = any(array(
    select l.ctid from locations l
    where l.measured_on < cast(cast(:now as timestamptz) at time zone l.zone as date) and l.hold_reason is null
        and cast(cast(:now as timestamptz) at time zone l.zone as time) >= time '08:00' and not exists (
            select from connections c where c.subscriber_id = l.subscriber_id and c.location_id = l.location_id
            having count(*) > 0 and not bool_or(
                coalesce(c.last_success_at, '-infinity') >= cast(:now as timestamptz) - 2 * make_interval(mins => c.interval_minutes)))
    order by l.subscriber_id, l.location_id limit :limit for update skip locked))
returning subscriber_id, location_id,
    cast(date_trunc('week', cast(cast(:now as timestamptz) at time zone zone as date) + 7) as date) as week_on
""")
_COUNT: Final = text("""
select w.weeks_back, a.booked, a.appointments, a.known, o.open_days
from locations l
cross join lateral (
    select n as weeks_back, cast(:week_on as date) - 7 * n as first_on from unnest(cast(:weeks as integer[])) as u (n)
) w
cross join lateral (
    select count(*) as appointments, count(a.booked_at) as known,
        count(*) filter (where w.weeks_back = 0 or a.booked_at <= cast(:now as timestamptz) - make_interval(days => 7 * w.weeks_back)) as booked
    from appointments a
    where a.subscriber_id = l.subscriber_id and a.location_id = l.location_id
        and a.starts_at >= cast(w.first_on as timestamp) at time zone l.zone
        and a.starts_at < cast(w.first_on + 7 as timestamp) at time zone l.zone
        and not a.deleted and a.status in ('booked', 'confirmed', 'arrived', 'completed', 'no_show')
) a
cross join lateral (
    select count(*) as open_days from open_days o
    where o.subscriber_id = l.subscriber_id and o.location_id = l.location_id and o.back_to = o.day
        and o.day >= w.first_on and o.day < w.first_on + 7
) o
where l.subscriber_id = :subscriber_id and l.location_id = :location_id
""")
_KEEP: Final = text("""
insert into slow_weeks as s (
    subscriber_id, location_id, week_on, booked, usual, basis, compared_weeks, is_slow, noticed_at, measured_at)
select :subscriber_id, :location_id, :week_on, :booked, :usual, :basis, :compared_weeks, :is_slow, :now, :now
where :is_slow or exists (
    select from slow_weeks where subscriber_id = :subscriber_id and location_id = :location_id and week_on = :week_on)
on conflict (subscriber_id, location_id, week_on) do update set
    booked = excluded.booked, usual = excluded.usual, basis = excluded.basis, compared_weeks = excluded.compared_weeks,
    is_slow = excluded.is_slow, measured_at = excluded.measured_at
""")
_LIST: Final = text("""
select s.location_id, s.week_on, s.booked, s.usual, s.basis, s.compared_weeks, s.noticed_at, s.measured_at, l.vertical,
    coalesce(o.forward_to, n.today + 1) as send_on, d.body ->> 'language' as language, (
        select c.settings from campaigns c
        where c.subscriber_id = s.subscriber_id and c.location_id = s.location_id and c.type = :type and c.state <> 'draft'
        order by c.activated_at desc limit 1
    ) as last
from slow_weeks s
join locations l on l.subscriber_id = s.subscriber_id and l.location_id = s.location_id
cross join lateral (select cast(cast(:now as timestamptz) at time zone l.zone as date) as today) n
left join open_days o on o.subscriber_id = s.subscriber_id and o.location_id = s.location_id and o.day = n.today + 1
left join directory d on d.kind = 'location' and d.id = cast(s.location_id as text)
where s.subscriber_id = :subscriber_id and s.is_slow and s.dismissed_at is null and s.week_on > n.today
    and (cast(:locations as uuid[]) is null or s.location_id = any(cast(:locations as uuid[])))
    and (cast(:after_at as timestamptz) is null or (s.noticed_at, s.location_id) > (:after_at, cast(:after_id as uuid)))
order by s.noticed_at, s.location_id limit :limit
""")
_DISMISS: Final = text("""
update slow_weeks set dismissed_at = coalesce(dismissed_at, :now)
where subscriber_id = :subscriber_id and location_id = :location_id and week_on = :week_on
""")
_UNTOLD: Final = text("""
select s.subscriber_id, s.location_id, s.week_on, s.booked, s.usual from slow_weeks s
join locations l on l.subscriber_id = s.subscriber_id and l.location_id = s.location_id
where s.is_slow and s.told_at is null and s.dismissed_at is null and l.hold_reason is null
    and s.week_on > cast(cast(:now as timestamptz) at time zone l.zone as date)
order by s.noticed_at limit :limit
""")
_TELL: Final = text("""
update slow_weeks set told_at = :now where subscriber_id = :subscriber_id and location_id = :location_id and week_on = :week_on
""")


async def take_unmeasured(connection: AsyncConnection, *, now: datetime, limit: int) -> list[tuple[UUID, UUID, date]]:
    """Return locations that were not measured on their local day, with the Monday of their next week; they count as measured."""
    rows = await connection.execute(_TAKE, {"now": now, "limit": limit})
    return [(row.subscriber_id, row.location_id, row.week_on) for row in rows]


async def count_weeks(
    connection: AsyncConnection, subscriber_id: UUID, location_id: UUID, week_on: date, *, now: datetime
) -> list[WeekCount]:
    """Return the appointments of a week and of those it is compared with, each as far before it as now is."""
    values = {
        "subscriber_id": subscriber_id,
        "location_id": location_id,
        "week_on": week_on,
        "weeks": [0, *WEEKS, *YEARS],
        "now": now,
    }
    return [WeekCount(**row._mapping) for row in await connection.execute(_COUNT, values)]


async def keep_week(
    connection: AsyncConnection,
    subscriber_id: UUID,
    location_id: UUID,
    week_on: date,
    *,
    booked: int,
    usual: Usual,
    is_slow: bool,
    now: datetime,
) -> None:
    """Keep a week that is slow, or bring one up to date that once was."""
    values = {
        "subscriber_id": subscriber_id,
        "location_id": location_id,
        "week_on": week_on,
        "booked": booked,
        "usual": usual.mean,
        "basis": usual.basis,
        "compared_weeks": usual.weeks,
        "is_slow": is_slow,
        "now": now,
    }
    await connection.execute(_KEEP, values)


async def read_slow_weeks(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    locations: Sequence[UUID] | None,
    campaign_type: str,
    after: tuple[datetime, UUID] | None,
    limit: int,
    now: datetime,
) -> list[Any]:
    """Return slow weeks that have not begun, in the order they were noticed, each with what a proposal needs."""
    values = {
        "subscriber_id": subscriber_id,
        "locations": list(locations) if locations is not None else None,
        "type": campaign_type,
        "after_at": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
        "now": now,
    }
    return list(await connection.execute(_LIST, values))


async def dismiss_week(
    connection: AsyncConnection, *, subscriber_id: UUID, location_id: UUID, week_on: date, now: datetime
) -> bool:
    """Put a week aside; return whether there is one."""
    values = {"subscriber_id": subscriber_id, "location_id": location_id, "week_on": week_on, "now": now}
    return bool((await connection.execute(_DISMISS, values)).rowcount)


async def read_untold(connection: AsyncConnection, *, now: datetime, limit: int) -> list[Any]:
    """Return slow weeks of which nobody was told: subscriber_id, location_id, week_on, booked, usual."""
    return list(await connection.execute(_UNTOLD, {"now": now, "limit": limit}))


async def note_told(
    connection: AsyncConnection, *, subscriber_id: UUID, location_id: UUID, week_on: date, now: datetime
) -> None:
    """Keep that the location was told."""
    values = {"subscriber_id": subscriber_id, "location_id": location_id, "week_on": week_on, "now": now}
    await connection.execute(_TELL, values)
