"""The records behind each rate, one query a rate: a figure is the sum of the very rows that can be listed.

Each gives record_id, consumer_id, at, is_counted and cents. One query per name in `domain/rates.py`.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.rates import NAMES, RateName
from services.scheduler.store.report_touches import ReportFilter

_THEIRS: Final = "{0}.subscriber_id = :subscriber_id and (cast(:locations as uuid[]) is null or {0}.location_id = any(cast(:locations as uuid[])))"
_REAL: Final = "('booked', 'confirmed', 'arrived', 'completed', 'no_show')"
_AHEAD: Final = """exists (
    select from appointments f
    where f.subscriber_id = :subscriber_id and f.consumer_id = {0}.consumer_id and not f.deleted and f.status in ('booked', 'confirmed')
        and f.starts_at > :now)"""
_NO_CENTS: Final = "cast(null as bigint) as cents"


def _announced(types: str) -> str:
    """Condition: mail that was sent named this appointment with this start."""
    return f"""exists (
    select from announcements n
    join touches t on t.subscriber_id = n.subscriber_id and t.message_id = n.message_id and t.state = 'sent' {types}
    where n.subscriber_id = a.subscriber_id and n.appointment_id = a.appointment_id and n.starts_at = a.starts_at
        and n.announced_at < a.starts_at and not n.is_cancelled)"""


def _appointments(counted: str, *conditions: str) -> str:
    return f"""
select a.appointment_id as record_id, a.consumer_id, a.starts_at as at, {counted} as is_counted, {_NO_CENTS}
from appointments a
join locations l on l.subscriber_id = a.subscriber_id and l.location_id = a.location_id
where {_THEIRS.format("a")} and not a.deleted and a.consumer_id is not null and a.starts_at <= :now
    and cast(a.starts_at at time zone l.zone as date) between :first_day and :last_day and {" and ".join(conditions)}"""  # noqa: S608 - constants only


_CONFIRMED: Final = _appointments(
    """exists (
    select from confirmations c
    where c.subscriber_id = a.subscriber_id and c.appointment_id = a.appointment_id and c.starts_at = a.starts_at
        and c.confirmed_at < a.starts_at)""",
    f"a.status in {_REAL}",
    _announced("and t.campaign_type in ('appointment_reminder', 'appointment_confirm_request')"),
)
_KEPT_OR_MISSED: Final = "a.status in ('completed', 'no_show')"
_MISSED: Final = "a.status = 'no_show'"
_RECARE_BOOKED: Final = f"""
select d.touch_id as record_id, d.consumer_id, d.about_at as at, (exists (
        select from appointments a
        where a.subscriber_id = :subscriber_id and a.consumer_id = d.consumer_id and not a.deleted and a.status in {_REAL}
            and coalesce(a.booked_at, a.status_at, '-infinity') <= d.about_at + interval '60 days' and a.starts_at > d.about_at - interval '60 days'
    ) or exists (
        select from visits v
        where v.subscriber_id = :subscriber_id and v.consumer_id = d.consumer_id and not v.deleted
            and v.completed_at between d.about_at - interval '60 days' and d.about_at + interval '60 days'
    )) as is_counted, {_NO_CENTS}
from (
    select distinct on (t.consumer_id, t.about_at) t.touch_id, t.consumer_id, t.about_at
    from touches t
    where {_THEIRS.format("t")} and t.campaign_type = 'recare_due' and t.about_at + interval '60 days' <= :now
        and cast(t.about_at at time zone t.zone as date) between :first_day and :last_day
    order by t.consumer_id, t.about_at, t.touch_id
) d"""  # noqa: S608 - constants only
_RECARE_OVERDUE: Final = f"""
select r.recare_due_id as record_id, r.consumer_id, cast(r.due_on as timestamp) at time zone l.zone as at,
    r.due_on < cast(cast(:now as timestamptz) at time zone l.zone as date) and not {_AHEAD.format("r")} as is_counted, {_NO_CENTS}
from recares r
join consumers p on p.subscriber_id = r.subscriber_id and p.consumer_id = r.consumer_id and not p.deleted and p.status = 'active'
join locations l on l.subscriber_id = r.subscriber_id and l.location_id = r.location_id
where {_THEIRS.format("r")} and not r.deleted and r.due_on is not null and r.status <> 'disabled'"""  # noqa: S608 - constants only
_PRE_BOOKED: Final = f"""
select p.consumer_id as record_id, p.consumer_id, came.at, {_AHEAD.format("p")} as is_counted, {_NO_CENTS}
from consumers p
cross join lateral (
    select max(v.completed_at) as at from visits v
    where v.subscriber_id = p.subscriber_id and v.consumer_id = p.consumer_id and not v.deleted
        and v.completed_at between cast(:now as timestamptz) - interval '548 days' and :now
) came
where {_THEIRS.format("p")} and not p.deleted and p.status = 'active' and came.at is not null"""  # noqa: S608 - constants only
_REACTIVATED: Final = f"""
select d.touch_id as record_id, d.consumer_id, d.final_at as at, came.cents is not null as is_counted, came.cents
from (
    select distinct on (t.consumer_id) t.touch_id, t.consumer_id, t.final_at
    from touches t
    where {_THEIRS.format("t")} and t.campaign_type = 'reactivation' and t.state = 'sent' and t.final_at + interval '90 days' <= :now
        and cast(t.final_at at time zone t.zone as date) between :first_day and :last_day
    order by t.consumer_id, t.final_at, t.touch_id
) d
cross join lateral (
    select cast(sum(coalesce(v.total_cents, 0)) as bigint) as cents from visits v
    where v.subscriber_id = :subscriber_id and v.consumer_id = d.consumer_id and not v.deleted
        and v.completed_at > d.final_at and v.completed_at <= d.final_at + interval '90 days'
) came"""  # noqa: S608 - constants only
_DECLINED_RECOVERED: Final = f"""
select distinct on (n.service_line_id) n.service_line_id as record_id, n.consumer_id, t.final_at as at, (
        n.state = 'done' and n.stated_at > t.final_at or exists (
            select from service_lines w
            where w.subscriber_id = n.subscriber_id and w.consumer_id = n.consumer_id and w.vehicle_id is not distinct from n.vehicle_id
                and w.service_kind = n.service_kind and n.service_kind <> '' and w.state = 'done' and not w.deleted and w.stated_at > t.final_at)
    ) as is_counted, n.total_cents as cents
from touches t
join service_lines n on n.subscriber_id = t.subscriber_id and n.service_line_id = t.trigger_id and not n.deleted
where {_THEIRS.format("t")} and t.campaign_type in ('declined_service', 'unscheduled_treatment') and t.state = 'sent'
    and cast(t.final_at at time zone t.zone as date) between :first_day and :last_day
order by n.service_line_id, t.final_at"""  # noqa: S608 - constants only
_CAME: Final = """
    select max(v.completed_at) as at from visits v
    join locations l on l.subscriber_id = v.subscriber_id and l.location_id = v.location_id
    where v.subscriber_id = p.subscriber_id and v.consumer_id = p.consumer_id and not v.deleted
        and cast(v.completed_at at time zone l.zone as date) > cast(cast(:last_day as date) - interval '{0}' as date)
        and cast(v.completed_at at time zone l.zone as date) <= cast(cast(:last_day as date) - interval '{1}' as date)"""
_RETAINED: Final = f"""
select p.consumer_id as record_id, p.consumer_id, before.at, since.at is not null as is_counted, {_NO_CENTS}
from consumers p
cross join lateral ({_CAME.format("24 months", "12 months")}) before
cross join lateral ({_CAME.format("12 months", "0 months")}) since
where {_THEIRS.format("p")} and not p.deleted and before.at is not null"""  # noqa: S608 - constants only

_RECORDS: Final[dict[RateName, str]] = {
    "confirmed": _CONFIRMED,
    "missed_reminded": _appointments(_MISSED, _KEPT_OR_MISSED, _announced("")),
    "missed_unreminded": _appointments(_MISSED, _KEPT_OR_MISSED, f"not {_announced('')}"),
    "recare_booked": _RECARE_BOOKED,
    "recare_overdue": _RECARE_OVERDUE,
    "pre_booked": _PRE_BOOKED,
    "reactivated": _REACTIVATED,
    "declined_recovered": _DECLINED_RECOVERED,
    "retained": _RETAINED,
}
_COUNT: Final = {
    name: text(f"""
select count(*) as records, count(*) filter (where is_counted) as counted,
    cast(sum(cents) as bigint) as cents, cast(sum(cents) filter (where is_counted) as bigint) as counted_cents
from ({_RECORDS[name]}) r""")  # noqa: S608 - constants only
    for name in NAMES
}
_LIST: Final = {
    name: text(f"""
select * from ({_RECORDS[name]}) r
where cast(:after_at as timestamptz) is null or (at, record_id) > (cast(:after_at as timestamptz), cast(:after_id as uuid))
order by at, record_id limit :limit""")  # noqa: S608 - constants only
    for name in NAMES
}


async def count_rate(
    connection: AsyncConnection, wanted: ReportFilter, name: RateName, *, now: datetime
) -> dict[str, Any]:
    """Return how many records a rate takes, how many of them count, and their cents."""
    row = (await connection.execute(_COUNT[name], wanted.values() | {"now": now})).one()
    return dict(row._mapping)


async def read_rated(
    connection: AsyncConnection,
    wanted: ReportFilter,
    name: RateName,
    *,
    now: datetime,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[dict[str, Any]]:
    """Return the records behind a rate, by time."""
    values = wanted.values() | {"now": now, "limit": limit}
    values |= {"after_at": after[0] if after else None, "after_id": after[1] if after else None}
    return [dict(row._mapping) for row in await connection.execute(_LIST[name], values)]
