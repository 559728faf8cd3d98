"""Visits credited to touches, and returns of mailed and held-out people: one query each for figures and rows, so that figures are sums of rows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.report_touches import ReportFilter

REAL: Final = "('booked', 'confirmed', 'arrived', 'completed', 'no_show')"
_WINDOWS: Final = """
with windows as materialized (
    select * from unnest(cast(:types as text[]), cast(:days as integer[])) as w (type, days)
)
"""
# An appointment is known since it was booked or, where the source does not tell, since its status was first heard of; one of neither is taken as
# older than every mail.
KNOWN: Final = "coalesce(a.booked_at, a.status_at, '-infinity')"
_CREDITED: Final = f"""{_WINDOWS},
visited as (
    select v.subscriber_id, v.visit_id, v.consumer_id, v.completed_at, v.total_cents,
        least(v.completed_at, coalesce((
            select {KNOWN} from appointments a
            where a.subscriber_id = v.subscriber_id and a.consumer_id = v.consumer_id and a.location_id = v.location_id and not a.deleted
                and a.status in {REAL}
                and cast(a.starts_at at time zone l.zone as date) = cast(v.completed_at at time zone l.zone as date)
            order by a.starts_at limit 1), v.completed_at)) as decided_at
    from visits v
    join locations l on l.subscriber_id = v.subscriber_id and l.location_id = v.location_id
    where v.subscriber_id = :subscriber_id and (cast(:locations as uuid[]) is null or v.location_id = any(cast(:locations as uuid[])))
        and not v.deleted and v.total_cents > 0 and cast(v.completed_at at time zone l.zone as date) between :first_day and :last_day
),
credited as (
    select v.visit_id, v.consumer_id, v.completed_at, v.decided_at, v.total_cents as revenue_cents, c.campaign_type, c.touch_id, c.sent_at
    from visited v
    cross join lateral (
        select t.campaign_type, t.touch_id, t.final_at as sent_at
        from touches t
        join windows w on w.type = t.campaign_type
        where t.subscriber_id = v.subscriber_id and t.consumer_id = v.consumer_id and t.state = 'sent' and t.final_at < v.decided_at
            and t.final_at >= v.decided_at - make_interval(days => w.days)
            and not exists (
                select from appointments a
                where a.subscriber_id = t.subscriber_id and a.consumer_id = t.consumer_id and not a.deleted and a.status in {REAL}
                    and a.starts_at > t.final_at and {KNOWN} <= t.final_at)
        order by t.final_at desc, t.touch_id limit 1
    ) c
)
"""  # noqa: S608 - constants only
_CREDITS: Final = text(f"""{_CREDITED}
select c.campaign_type, w.days as window_days, count(*) as visits, cast(sum(c.revenue_cents) as bigint) as revenue_cents
from credited c join windows w on w.type = c.campaign_type group by 1, 2 order by 1
""")  # noqa: S608 - constants only
_CREDITED_ROWS: Final = text(f"""{_CREDITED}
select * from credited
where (cast(:campaign_type as text) is null or campaign_type = cast(:campaign_type as text))
    and (cast(:after_at as timestamptz) is null or (completed_at, visit_id) > (cast(:after_at as timestamptz), cast(:after_id as uuid)))
order by completed_at, visit_id limit :limit
""")  # noqa: S608 - constants only
# A person counts once for a campaign type, with their first touch of the span that passed every check: by the time it was planned for, which is the
# same clock for both groups, and whatever became of the mail, because nobody knows what would have become of one that was left out.
_MEASURED: Final = f"""{_WINDOWS},
first_due as (
    select distinct on (t.campaign_type, t.consumer_id) t.campaign_type, t.consumer_id, t.touch_id,
        case when t.reason = 'held_out' then 'held_out' else 'mailed' end as group, t.planned_local at time zone t.zone as due_at, w.days
    from touches t
    join windows w on w.type = t.campaign_type
    where t.subscriber_id = :subscriber_id and (cast(:locations as uuid[]) is null or t.location_id = any(cast(:locations as uuid[])))
        and cast(t.planned_local as date) between :first_day and :last_day
        and (t.state in ('sent', 'bounced', 'uncertain', 'failed', 'suppressed') or (t.state = 'skipped' and t.reason = 'held_out'))
    order by t.campaign_type, t.consumer_id, t.planned_local, t.touch_id
),
measured as (
    select f.*, (
        select min(v.completed_at) from visits v
        where v.subscriber_id = :subscriber_id and v.consumer_id = f.consumer_id and not v.deleted
            and v.completed_at > f.due_at and v.completed_at <= f.due_at + make_interval(days => f.days)) as returned_at
    from first_due f
    where f.due_at + make_interval(days => f.days) <= :now
)
"""  # noqa: S608 - constants only
_EFFECTS: Final = text(f"""{_MEASURED}
select campaign_type, days as window_days, count(*) filter (where "group" = 'mailed') as mailed,
    count(returned_at) filter (where "group" = 'mailed') as mailed_returned, count(*) filter (where "group" = 'held_out') as held_out,
    count(returned_at) filter (where "group" = 'held_out') as held_out_returned
from measured group by 1, 2 having bool_or("group" = 'held_out') order by 1
""")  # noqa: S608 - constants only
_EFFECT_ROWS: Final = text(f"""{_MEASURED}
select consumer_id, touch_id, "group", due_at, returned_at from measured
where campaign_type = :campaign_type
    and (cast(:after_at as timestamptz) is null or (due_at, touch_id) > (cast(:after_at as timestamptz), cast(:after_id as uuid)))
order by due_at, touch_id limit :limit
""")  # noqa: S608 - constants only

Windows = Mapping[str, int]
"""Days of each campaign type within which a visit counts."""
Position = tuple[datetime, UUID]


async def sum_credits(connection: AsyncConnection, wanted: ReportFilter, windows: Windows) -> list[dict[str, Any]]:
    """Return credited visits and their revenue by campaign type."""
    return [dict(row._mapping) for row in await connection.execute(_CREDITS, _values(wanted, windows))]


async def read_credited_visits(
    connection: AsyncConnection,
    wanted: ReportFilter,
    windows: Windows,
    *,
    campaign_type: str | None,
    after: Position | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Return the visits behind the credits, by time."""
    values = _values(wanted, windows) | _paging(after, limit) | {"campaign_type": campaign_type}
    return [dict(row._mapping) for row in await connection.execute(_CREDITED_ROWS, values)]


async def count_returns(
    connection: AsyncConnection, wanted: ReportFilter, windows: Windows, *, now: datetime
) -> list[dict[str, Any]]:
    """Return, of every campaign type that left people out, both groups and who of them returned; only people whose window is over."""
    values = _values(wanted, windows) | {"now": now}
    return [dict(row._mapping) for row in await connection.execute(_EFFECTS, values)]


async def read_returns(
    connection: AsyncConnection,
    wanted: ReportFilter,
    windows: Windows,
    *,
    campaign_type: str,
    now: datetime,
    after: Position | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Return the people behind the effect of one campaign type, by the time their mail was due."""
    values = _values(wanted, windows) | _paging(after, limit) | {"campaign_type": campaign_type, "now": now}
    return [dict(row._mapping) for row in await connection.execute(_EFFECT_ROWS, values)]


def _values(wanted: ReportFilter, windows: Windows) -> dict[str, Any]:
    return wanted.values() | {"types": list(windows), "days": list(windows.values())}


def _paging(after: Position | None, limit: int) -> dict[str, Any]:
    return {"after_at": after[0] if after else None, "after_id": after[1] if after else None, "limit": limit}
