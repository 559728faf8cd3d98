"""Counts what sources delivered and what waits, for a page of connections at once (S-121)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.store.child_kinds import CHILDREN

DAYS: Final = 17
"""Three days in which a source may be silent, and a fortnight before them."""
MOST_LATE: Final = 100
_PARKED: Final = " union all ".join(
    f"select connection_id, source_updated_at from {kind.table} where subscriber_id = :subscriber and parked and not deleted"  # noqa: S608
    for kind in CHILDREN.values()
    if kind.parent
)
_ONES: Final = "where b.subscriber_id = :subscriber and b.connection_id = any(cast(:connections as uuid[]))"
_DAILY: Final = text(f"""
select b.connection_id, cast(floor(extract(epoch from cast(:now as timestamptz) - b.started_at) / 86400) as integer) as days_ago,
    sum(b.received) as received, sum(b.applied) as applied, sum(b.unchanged) as unchanged, sum(b.superseded) as superseded,
    sum(b.parked) as parked, sum(b.rejected) as rejected, sum(b.absent) as absent
from batches b {_ONES} and b.started_at > cast(:now as timestamptz) - make_interval(days => :days) group by 1, 2
""")  # noqa: S608 - a constant
_NEWEST: Final = text("""
select w.connection_id, b.state, b.received, b.rejected from unnest(cast(:connections as uuid[])) as w (connection_id)
cross join lateral (
    select state, received, rejected from batches b
    where b.subscriber_id = :subscriber and b.connection_id = w.connection_id and b.state <> 'running' order by b.started_at desc limit 1) b
""")
_SIZES: Final = text(f"""
select connection_id, entity, received from (
    select b.connection_id, b.entity, b.received, row_number() over (partition by b.connection_id, b.entity order by b.started_at desc) as number
    from batches b {_ONES} and b.mode = 'snapshot' and b.state = 'applied'
        and b.started_at > cast(:now as timestamptz) - interval '60 days') s
where number <= 6 order by connection_id, entity, number
""")  # noqa: S608 - a constant
_HELD: Final = text(f"""
select w.connection_id, coalesce(k.parked, 0) as parked, k.parked_since, coalesce(p.people, 0) as people, coalesce(o.optouts, 0) as optouts,
    coalesce(q.quarantined, 0) as quarantined
from unnest(cast(:connections as uuid[])) as w (connection_id)
left join (select connection_id, count(*) as parked, min(source_updated_at) as parked_since from ({_PARKED}) c group by 1) k using (connection_id)
left join (
    select connection_id, count(*) as people from consumers
    where subscriber_id = :subscriber and (status = 'held' or optout_pending) and not deleted group by 1) p using (connection_id)
left join (
    select b.connection_id, count(*) as optouts from source_optouts o
    join batches b on b.subscriber_id = o.subscriber_id and b.batch_id = o.batch_id
    where o.subscriber_id = :subscriber and o.confirmed_at is null group by 1) o using (connection_id)
left join (
    select connection_id, count(*) as quarantined from batches
    where subscriber_id = :subscriber and state = 'quarantined' group by 1) q using (connection_id)
""")  # noqa: S608 - a constant
_LIVE: Final = """
from connections c
join directory d on d.kind = 'location' and d.id = c.location_id::text and d.subscriber_id = c.subscriber_id and d.body ->> 'state' = 'live'
    and c.ended_at is null
"""
_IS_LATE: Final = "coalesce(c.last_success_at, c.created_at) + make_interval(mins => 2 * c.interval_minutes) < :now"
_TOTALS: Final = text(f"""
select count(*) as sources, count(*) filter (where {_IS_LATE}) as late_sources,
    (select count(*) from batches where state = 'quarantined') as quarantined_batches,
    (select count(*) from source_optouts where confirmed_at is null) as waiting_optouts
{_LIVE}
""")  # noqa: S608 - a constant
_LATE: Final = text(f"""
select c.subscriber_id, c.connection_id, c.connector, c.interval_minutes, c.last_success_at {_LIVE} where {_IS_LATE}
order by coalesce(c.last_success_at, c.created_at) limit :limit
""")


async def _rows(connection: AsyncConnection, statement: TextClause, **values: Any) -> list[Any]:
    return list(await connection.execute(statement, values))


async def count_daily(
    connection: AsyncConnection, *, subscriber: UUID, connections: Sequence[UUID], now: datetime
) -> list[Any]:
    """Return the records of each of the last days by connection and outcome; `days_ago` 0 is the last 24 hours."""
    return await _rows(connection, _DAILY, subscriber=subscriber, connections=list(connections), now=now, days=DAYS)


async def find_newest(connection: AsyncConnection, *, subscriber: UUID, connections: Sequence[UUID]) -> list[Any]:
    """Return the newest ended batch of each connection."""
    return await _rows(connection, _NEWEST, subscriber=subscriber, connections=list(connections))


async def list_snapshot_sizes(
    connection: AsyncConnection, *, subscriber: UUID, connections: Sequence[UUID], now: datetime
) -> list[Any]:
    """Return the sizes of up to six applied snapshots of each entity, newest first."""
    return await _rows(connection, _SIZES, subscriber=subscriber, connections=list(connections), now=now)


async def count_held(connection: AsyncConnection, *, subscriber: UUID, connections: Sequence[UUID]) -> list[Any]:
    """Return what waits at each connection."""
    return await _rows(connection, _HELD, subscriber=subscriber, connections=list(connections))


async def count_signals(connection: AsyncConnection, *, now: datetime) -> Any:
    """Return the totals over all subscribers' live locations; asked with the worker's role."""
    return (await connection.execute(_TOTALS, {"now": now})).one()


async def list_late(connection: AsyncConnection, *, now: datetime) -> list[Any]:
    """Return the longest late sources of live locations, by ids."""
    return await _rows(connection, _LATE, now=now, limit=MOST_LATE)
