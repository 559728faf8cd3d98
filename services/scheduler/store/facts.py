"""Facts from ingest's feed: whole pages upserted at once, and the people they concern marked for planning in the same statement."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

_ROWS: Final = TypeAdapter(list[dict[str, Any]])

_MARK: Final = """
insert into replans as r (subscriber_id, consumer_id, bulk)
select distinct subscriber_id, consumer_id, false from concerned where consumer_id is not null
order by subscriber_id, consumer_id
on conflict (subscriber_id, consumer_id) do update set bulk = false where r.bulk
"""


def marking(statement: str) -> TextClause:
    """End a statement whose last part is `concerned` with marking those people."""
    return text(statement + _MARK)


_CONSUMERS = marking("""
with page as (
    select * from jsonb_to_recordset(cast(:rows as jsonb)) as p (
        subscriber_id uuid, consumer_id uuid, location_id uuid, status text, address_key text, address_problem text, recipient_id uuid,
        household_id uuid, language text, minor_until date, historic boolean, deleted boolean, birth_month smallint, birth_day smallint)
), changed as (
    insert into consumers as c (
        subscriber_id, consumer_id, location_id, status, address_key, address_problem, recipient_id, household_id, language, minor_until, historic,
        deleted, birth_month, birth_day, addressed_at)
    select *, case when address_key is not null then cast(:now as timestamptz) end from page
    on conflict (subscriber_id, consumer_id) do update set
        location_id = excluded.location_id, status = excluded.status, address_key = excluded.address_key,
        address_problem = excluded.address_problem, recipient_id = excluded.recipient_id, household_id = excluded.household_id,
        language = excluded.language, minor_until = excluded.minor_until, historic = excluded.historic, deleted = excluded.deleted,
        birth_month = excluded.birth_month, birth_day = excluded.birth_day, addressed_at = coalesce(c.addressed_at, excluded.addressed_at)
    where (c.location_id, c.status, c.address_key, c.address_problem, c.recipient_id, c.household_id, c.language, c.minor_until, c.historic,
        c.deleted, c.birth_month, c.birth_day) is distinct from (excluded.location_id, excluded.status, excluded.address_key,
        excluded.address_problem, excluded.recipient_id, excluded.household_id, excluded.language, excluded.minor_until, excluded.historic,
        excluded.deleted, excluded.birth_month, excluded.birth_day)
    returning subscriber_id, consumer_id
), concerned as (
    select subscriber_id, consumer_id from changed
    union all
    select c.subscriber_id, c.consumer_id from changed g
    join consumers c on c.subscriber_id = g.subscriber_id and c.recipient_id = g.consumer_id and c.recipient_id <> c.consumer_id
)""")
_APPOINTMENTS = marking("""
with page as (
    select * from jsonb_to_recordset(cast(:rows as jsonb)) as p (
        subscriber_id uuid, appointment_id uuid, location_id uuid, consumer_id uuid, starts_at timestamptz, minutes integer, status text,
        booked_at timestamptz, historic boolean, deleted boolean)
), before as (
    select a.subscriber_id, a.appointment_id, a.consumer_id from page p join appointments a using (subscriber_id, appointment_id)
), changed as (
    insert into appointments as a (
        subscriber_id, appointment_id, location_id, consumer_id, starts_at, minutes, status, booked_at, historic, deleted, status_at)
    select *, cast(:now as timestamptz) from page
    on conflict (subscriber_id, appointment_id) do update set
        location_id = excluded.location_id, consumer_id = excluded.consumer_id, starts_at = excluded.starts_at, minutes = excluded.minutes,
        status = excluded.status, booked_at = excluded.booked_at, historic = excluded.historic, deleted = excluded.deleted,
        status_at = case when (a.status, a.deleted) = (excluded.status, excluded.deleted) then a.status_at else excluded.status_at end
    where (a.location_id, a.consumer_id, a.starts_at, a.minutes, a.status, a.booked_at, a.historic, a.deleted) is distinct from (
        excluded.location_id, excluded.consumer_id, excluded.starts_at, excluded.minutes, excluded.status, excluded.booked_at, excluded.historic,
        excluded.deleted)
    returning subscriber_id, appointment_id, consumer_id
), concerned as (
    select subscriber_id, consumer_id from changed
    union all
    select b.subscriber_id, b.consumer_id from before b join changed using (subscriber_id, appointment_id)
)""")
_VISITS = marking("""
with page as (
    select * from jsonb_to_recordset(cast(:rows as jsonb)) as p (
        subscriber_id uuid, visit_id uuid, location_id uuid, consumer_id uuid, completed_at timestamptz, total_cents bigint,
        historic boolean, deleted boolean)
), before as (
    select v.subscriber_id, v.visit_id, v.consumer_id from page p join visits v using (subscriber_id, visit_id)
), changed as (
    insert into visits as v select * from page
    on conflict (subscriber_id, visit_id) do update set
        location_id = excluded.location_id, consumer_id = excluded.consumer_id, completed_at = excluded.completed_at,
        total_cents = excluded.total_cents, historic = excluded.historic, deleted = excluded.deleted
    where v is distinct from excluded
    returning subscriber_id, visit_id, consumer_id
), concerned as (
    select subscriber_id, consumer_id from changed
    union all
    select b.subscriber_id, b.consumer_id from before b join changed using (subscriber_id, visit_id)
)""")
# A source that delivers again after more than two intervals frees at once whom its silence held (S-126).
_CONNECTIONS = marking("""
with page as (
    select * from jsonb_to_recordset(cast(:rows as jsonb)) as p (
        subscriber_id uuid, connection_id uuid, location_id uuid, interval_minutes integer, last_success_at timestamptz)
), recovered as (
    select p.subscriber_id, p.location_id from page p join connections c using (subscriber_id, connection_id)
    where coalesce(c.last_success_at, '-infinity') + make_interval(mins => 2 * c.interval_minutes) < p.last_success_at
), kept as (
    insert into connections as c (subscriber_id, connection_id, location_id, interval_minutes, last_success_at) select * from page
    on conflict (subscriber_id, connection_id) do update set
        location_id = excluded.location_id, interval_minutes = excluded.interval_minutes, last_success_at = excluded.last_success_at
    where c is distinct from excluded
), concerned as (
    select t.subscriber_id, t.consumer_id from recovered r
    join touches t on t.subscriber_id = r.subscriber_id and t.location_id = r.location_id and t.state = 'held' and t.reason = 'stale_source'
)""")
_STATEMENTS: Final = {
    "consumer": _CONSUMERS,
    "appointment": _APPOINTMENTS,
    "visit": _VISITS,
    "connection": _CONNECTIONS,
}
_GONE: Final = {
    "consumer": marking("""
with concerned as (
    update consumers set deleted = true, address_key = null where (subscriber_id, consumer_id) in
        (select * from unnest(cast(:subscribers as uuid[]), cast(:keys as uuid[]))) returning subscriber_id, consumer_id
)"""),
    "appointment": marking("""
with concerned as (
    update appointments set deleted = true where (subscriber_id, appointment_id) in
        (select * from unnest(cast(:subscribers as uuid[]), cast(:keys as uuid[]))) returning subscriber_id, consumer_id
)"""),
    "visit": marking("""
with concerned as (
    update visits set deleted = true where (subscriber_id, visit_id) in
        (select * from unnest(cast(:subscribers as uuid[]), cast(:keys as uuid[]))) returning subscriber_id, consumer_id
)"""),
}


async def keep_facts(connection: AsyncConnection, kind: str, rows: Sequence[dict[str, Any]], *, now: datetime) -> None:
    """Upsert facts of one kind, one row a key; who is concerned is marked for planning unless nothing changed.

    `now` is kept as the instant at which an appointment's status, or a person's first address, was heard of.
    """
    if rows:
        statement = _STATEMENTS[kind]
        values = {"rows": _ROWS.dump_json(list(rows)).decode(), "now": now}
        await connection.execute(statement, {name: values[name] for name in statement.compile().params})


async def drop_facts(connection: AsyncConnection, kind: str, keys: Sequence[tuple[UUID, UUID]]) -> None:
    """Mark facts as gone that the feed names without a body (erased at the source)."""
    if keys and kind in _GONE:
        values = {"subscribers": [subscriber for subscriber, _ in keys], "keys": [key for _, key in keys]}
        await connection.execute(_GONE[kind], values)
