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

from services.ingest.domain.batch import (
    APPOINTMENT,
    ODOMETER_READING,
    RECARE_DUE,
    RELATION,
    SERVICE_LINE,
    VEHICLE,
    VISIT,
)
from services.ingest.store.child_kinds import CHILDREN
from services.ingest.store.ending import ENDS
from shared.schemas.ingest import AppointmentFacts, ConnectionFacts, ConsumerFacts, VisitFacts
from shared.schemas.planning_facts import (
    OdometerReadingFacts,
    RecareDueFacts,
    RelationFacts,
    ServiceLineFacts,
    VehicleFacts,
)
from shared.schemas.wire import Wire

GUARDIAN: Final = """
left join lateral (
    select g.* from consumers g
    where g.subscriber_id = c.subscriber_id and g.id = case when c.minor_until > :today then survivor(c.subscriber_id, c.guardian_id) end
        and not g.deleted and g.merged_into is null and g.status not in ('deceased', 'held') and not g.optout_pending
        and (g.minor_until is null or g.minor_until <= :today) and g.address_key is not null offset 0) g on true
"""
"""The guardian of a minor, if there is a usable one (L-120); a guardian who was merged is the surviving person."""

_WANTED: Final = (
    "from unnest(cast(:subscribers as uuid[]), cast(:ids as uuid[])) as wanted (subscriber_id, id) cross join lateral ("
    "select * from {table} c where c.subscriber_id = wanted.subscriber_id and c.{key} = wanted.id offset 0) c "
)
_CONSUMERS: Final = f"""
select c.id as consumer_id, c.location_id, c.household_id, c.guardian_id, c.merged_into, c.language, c.historic, c.deleted,
    case when c.status = 'deceased' then 'deceased' when c.merged_into is not null then 'inactive' when c.optout_pending then 'held'
        else c.status end as status,
    case when c.minor_until > :today then c.minor_until end as minor_until,
    case when c.merged_into is null then case when c.minor_until > :today then g.address_key else c.address_key end end as address_key,
    case when c.merged_into is not null then 'merged'
        when c.minor_until > :today then case when g.id is null then 'minor_without_guardian' end else c.address_problem end as address_problem,
    case when c.merged_into is null then
        case when c.minor_until > :today then g.id when c.address_key is not null then c.id end end as recipient_id,
    case when c.status = 'active' and (c.minor_until is null or c.minor_until <= :today) then c.birthday / 100 end as birth_month,
    case when c.status = 'active' and (c.minor_until is null or c.minor_until <= :today) then c.birthday % 100 end as birth_day
{_WANTED.format(table="consumers", key="id")} {GUARDIAN}
"""
_CHILD: Final = """
select c.id as {name}_id, c.location_id, {fields}, c.historic, {deleted} as deleted
{wanted} {person} {source}
"""
_SOURCE: Final = """
left join lateral (
    select k.ended_at from connections k where k.subscriber_id = c.subscriber_id and k.connection_id = c.connection_id offset 0) k on true
"""
_PERSON: Final = """
left join lateral (
    select case when p.merged_into is null then p.id else survivor(c.subscriber_id, p.merged_into) end as id from consumers p
    where p.subscriber_id = c.subscriber_id and p.id = c.consumer_id and not c.parked offset 0) p on true
"""
"""Whose a record is: nobody's while it is parked, the surviving person's after a merge (N-06, N-87)."""
_CONNECTIONS: Final = f"""
select c.connection_id, c.location_id, c.interval_minutes, c.last_success_at {_WANTED.format(table="connections", key="connection_id")}
where c.ended_at is null
"""


def _child(kind: int, model: type[Wire]) -> tuple[TextClause, type[Wire], str]:
    """Return how facts of a kind of children are read: the columns are those that the model names."""
    child = CHILDREN[kind]
    own = [column for column, _ in child.columns if column in model.model_fields]
    fields = [f"c.{column}" for column in own]
    if child.parent_id == "consumer_id":
        fields.append("p.id as consumer_id")
    else:
        fields.append(f"case when not c.parked then c.{child.parent_id} end as {child.parent_id}")
    person = _PERSON if child.parent_id == "consumer_id" else ""
    wanted = _WANTED.format(table=child.table, key="id")
    deleted, source = "c.deleted", ""
    if kind in ENDS:
        deleted, source = (
            f"c.deleted or (k.ended_at is not null and {ENDS[kind].format(ended_at='k.ended_at')})",
            _SOURCE,
        )
    words = {"name": child.name, "fields": ", ".join(fields), "wanted": wanted, "person": person}
    words |= {"deleted": deleted, "source": source}
    return text(_CHILD.format(**words)), model, f"{child.name}_id"


_KINDS: Final[dict[str, tuple[TextClause, type[Wire], str]]] = {
    "consumer": (text(_CONSUMERS), ConsumerFacts, "consumer_id"),
    "appointment": _child(APPOINTMENT, AppointmentFacts),
    "visit": _child(VISIT, VisitFacts),
    "recare_due": _child(RECARE_DUE, RecareDueFacts),
    "vehicle": _child(VEHICLE, VehicleFacts),
    "odometer_reading": _child(ODOMETER_READING, OdometerReadingFacts),
    "service_line": _child(SERVICE_LINE, ServiceLineFacts),
    "relation": _child(RELATION, RelationFacts),
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
