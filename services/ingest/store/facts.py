"""The present state of what the feed speaks of, joined in when a page is read: one query per kind and page.

The rules of who is written to live here and in store/recipients.py: a minor is written to by the guardian, a person whose opt-out is not on file
yet is held, a guardian who is held is no way to reach anybody.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schemas.ingest import AppointmentFacts, ConnectionFacts, ConsumerFacts, VisitFacts
from shared.schemas.wire import Wire

GUARDIAN: Final = """
left join lateral (
    select g.* from consumers g
    where g.subscriber_id = c.subscriber_id and g.id = c.guardian_id and c.minor_until > :today and not g.deleted
        and g.status not in ('deceased', 'held') and not g.optout_pending and (g.minor_until is null or g.minor_until <= :today)
        and g.address_key is not null offset 0) g on true
"""
"""The guardian of a minor, if there is a usable one (L-120)."""

_WANTED: Final = (
    "from unnest(cast(:subscribers as uuid[]), cast(:ids as uuid[])) as wanted (subscriber_id, id) cross join lateral ("
    "select * from {table} c where c.subscriber_id = wanted.subscriber_id and c.{key} = wanted.id offset 0) c "
)
_CONSUMERS: Final = f"""
select c.id as consumer_id, c.location_id, c.household_id, c.language, c.historic, c.deleted,
    case when c.optout_pending and c.status <> 'deceased' then 'held' else c.status end as status,
    case when c.minor_until > :today then c.minor_until end as minor_until,
    case when c.minor_until > :today then g.address_key else c.address_key end as address_key,
    case when c.minor_until > :today then case when g.id is null then 'minor_without_guardian' end else c.address_problem end as address_problem,
    case when c.minor_until > :today then g.id when c.address_key is not null then c.id end as recipient_id
{_WANTED.format(table="consumers", key="id")} {GUARDIAN}
"""
_APPOINTMENTS: Final = f"""
select c.id as appointment_id, c.location_id, case when not c.parked then c.consumer_id end as consumer_id, c.starts_at, c.minutes, c.status,
    c.booked_at, c.historic, c.deleted
{_WANTED.format(table="appointments", key="id")}
"""
_VISITS: Final = f"""
select c.id as visit_id, c.location_id, case when not c.parked then c.consumer_id end as consumer_id, c.completed_at, c.total_cents,
    c.historic, c.deleted
{_WANTED.format(table="visits", key="id")}
"""
_CONNECTIONS: Final = f"""
select c.connection_id, c.location_id, c.interval_minutes, c.last_success_at {_WANTED.format(table="connections", key="connection_id")}
"""

_KINDS: Final[dict[str, tuple[TextClause, type[Wire], str]]] = {
    "consumer": (text(_CONSUMERS), ConsumerFacts, "consumer_id"),
    "appointment": (text(_APPOINTMENTS), AppointmentFacts, "appointment_id"),
    "visit": (text(_VISITS), VisitFacts, "visit_id"),
    "connection": (text(_CONNECTIONS), ConnectionFacts, "connection_id"),
}


async def read_facts(
    connection: AsyncConnection, *, kind: str, wanted: Sequence[tuple[UUID | None, UUID]], today: date
) -> dict[UUID, dict[str, Any]]:
    """Return the facts of one kind by id, as JSON; what is gone is absent."""
    statement, model, key = _KINDS[kind]
    values: dict[str, Any] = {"subscribers": [owner for owner, _ in wanted], "ids": [found for _, found in wanted]}
    if kind == "consumer":
        values["today"] = today
    rows = await connection.execute(statement, values)
    return {getattr(row, key): model(**row._mapping).model_dump(mode="json") for row in rows}
