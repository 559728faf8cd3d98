"""Touches counted for reports, and the same touches listed: one filter for both, so that a figure is the sum of its rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """Of what a report tells: a subscriber's locations (None: all), and local days, both included."""

    subscriber_id: UUID
    locations: Sequence[UUID] | None
    first_day: date
    last_day: date

    def values(self) -> dict[str, Any]:
        """Return the values that the queries of reports name."""
        return {
            "subscriber_id": self.subscriber_id,
            "locations": list(self.locations) if self.locations is not None else None,
            "first_day": self.first_day,
            "last_day": self.last_day,
        }


@dataclass(frozen=True, slots=True)
class TouchChoice:
    """Which of the touches of a report are listed; None: whatever it is. `complained`: only those whose mail was reported as spam."""

    campaign_type: str | None
    state: str | None
    month: str | None
    complained: bool


_THEIRS: Final = """
from touches t
where t.subscriber_id = :subscriber_id and (cast(:locations as uuid[]) is null or t.location_id = any(cast(:locations as uuid[])))
"""
_REPORTED: Final = f"""{_THEIRS}
    and cast(t.due_at at time zone t.zone as date) between :first_day and :last_day
"""
_COMPLAINED: Final = """t.message_id in (
    select m.message_id from messages m where m.subscriber_id = :subscriber_id and m.complained_at is not null)"""
_COUNTS: Final = text(f"""
select to_char(t.due_at at time zone t.zone, 'YYYY-MM') as month, t.campaign_type, t.state, count(*) as touches,
    count(*) filter (where t.reason = 'opted_out') as opted_out, count(*) filter (where {_COMPLAINED}) as complained
{_REPORTED} group by 1, 2, 3 order by 1, 2, 3
""")
_ROWS: Final = text(f"""
select t.touch_id, t.campaign_id, t.campaign_type, t.step, t.cycle, t.consumer_id, t.trigger_id, t.due_at, t.useful_until, t.state, t.reason,
    t.message_id, t.rule_version, t.final_at, t.basis, t.arm, t.variant
{_REPORTED}
    and (cast(:campaign_type as text) is null or t.campaign_type = cast(:campaign_type as text))
    and (cast(:state as text) is null or t.state = cast(:state as text))
    and (not :only_complained or {_COMPLAINED})
    and (cast(:month as text) is null or to_char(t.due_at at time zone t.zone, 'YYYY-MM') = cast(:month as text))
    and (cast(:after_at as timestamptz) is null or (t.due_at, t.touch_id) > (cast(:after_at as timestamptz), cast(:after_id as uuid)))
order by t.due_at, t.touch_id limit :limit
""")
_FORECAST: Final = text(f"""
select cast(t.due_at at time zone t.zone as date) as day, t.campaign_type, count(*) as touches, count(distinct p.address_key) as addresses
from (
    select t.*, cast(cast(:now as timestamptz) at time zone t.zone as date) as today {_THEIRS} and t.state = 'planned'
) t
left join consumers p on p.subscriber_id = t.subscriber_id and p.consumer_id = t.consumer_id
where cast(t.due_at at time zone t.zone as date) between t.today and t.today + 6
group by 1, 2 order by 1, 2
""")  # noqa: S608 - constants only


async def count_touches(connection: AsyncConnection, wanted: ReportFilter) -> list[dict[str, Any]]:
    """Return touches by month, campaign type and state, and how many of them an opt-out stopped or a complaint was about."""
    return [dict(row._mapping) for row in await connection.execute(_COUNTS, wanted.values())]


async def read_reported_touches(
    connection: AsyncConnection,
    wanted: ReportFilter,
    *,
    choice: TouchChoice,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Return the touches behind the counts, by due time, as rows of columns."""
    values = wanted.values() | {
        "campaign_type": choice.campaign_type,
        "state": choice.state,
        "month": choice.month,
        "only_complained": choice.complained,
        "after_at": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
    }
    return [dict(row._mapping) for row in await connection.execute(_ROWS, values)]


async def forecast_touches(
    connection: AsyncConnection, *, subscriber_id: UUID, locations: Sequence[UUID] | None, now: datetime
) -> list[dict[str, Any]]:
    """Return planned touches of seven local days from today, by day and campaign type, with the number of their addresses."""
    values = {
        "subscriber_id": subscriber_id,
        "locations": list(locations) if locations is not None else None,
        "now": now,
    }
    return [dict(row._mapping) for row in await connection.execute(_FORECAST, values)]
