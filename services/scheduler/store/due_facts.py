"""Facts of what falls due from ingest's feed: pages upserted at once, and the people they concern marked for planning in the same statement."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.odometer import MILES_A_KILOMETRE, Pace, Reading
from services.scheduler.domain.recare import RecareCycle
from services.scheduler.store.facts import marking

_ROWS: Final = TypeAdapter(list[dict[str, Any]])
Key = tuple[UUID, UUID]


@dataclass(frozen=True, slots=True)
class FactTable:
    """A table of facts: its key beside the subscriber and its columns with their types, both of constants."""

    name: str
    key: str
    columns: Mapping[str, str]


TABLES: Final[dict[str, FactTable]] = {
    "recare_due": FactTable(
        "recares",
        "recare_due_id",
        {
            "location_id": "uuid", "consumer_id": "uuid", "recare_kind": "text", "due_on": "date", "interval_days": "integer", "status": "text",
            "historic": "boolean", "deleted": "boolean",
        },
    ),
    "vehicle": FactTable(
        "vehicles",
        "vehicle_id",
        {
            "location_id": "uuid", "consumer_id": "uuid", "registration_ends_on": "date", "status": "text", "historic": "boolean",
            "deleted": "boolean",
        },
    ),
    "service_line": FactTable(
        "service_lines",
        "service_line_id",
        {
            "location_id": "uuid", "consumer_id": "uuid", "vehicle_id": "uuid", "service_kind": "text", "state": "text",
            "stated_at": "timestamptz", "total_cents": "bigint", "historic": "boolean", "deleted": "boolean",
        },
    ),
    "relation": FactTable(
        "relations",
        "relation_id",
        {
            "location_id": "uuid", "consumer_id": "uuid", "related_id": "uuid", "relation": "text", "historic": "boolean", "deleted": "boolean",
        },
    ),
}  # fmt: skip
"""Facts that belong to a person; the person before and the person after a change are both concerned."""


def _upsert(table: FactTable) -> str:
    names = ", ".join(table.columns)
    typed = ", ".join(f"{name} {kind}" for name, kind in table.columns.items())
    news, olds = (", ".join(f"{row}.{name}" for name in table.columns) for row in ("excluded", "t"))
    settings = ", ".join(f"{name} = excluded.{name}" for name in table.columns)
    # Constants only, as everywhere in this module.
    return f"""
with page as (
    select * from jsonb_to_recordset(cast(:rows as jsonb)) as p (subscriber_id uuid, {table.key} uuid, {typed})
), before as (
    select t.subscriber_id, t.{table.key}, t.consumer_id from page p join {table.name} t using (subscriber_id, {table.key})
), changed as (
    insert into {table.name} as t (subscriber_id, {table.key}, {names}) select subscriber_id, {table.key}, {names} from page
    on conflict (subscriber_id, {table.key}) do update set {settings} where ({olds}) is distinct from ({news})
    returning subscriber_id, {table.key}, consumer_id
), concerned as (
    select subscriber_id, consumer_id from changed
    union all
    select b.subscriber_id, b.consumer_id from before b join changed using (subscriber_id, {table.key})
)"""  # noqa: S608


def _gone(table: FactTable) -> str:
    return f"""
with concerned as (
    update {table.name} set deleted = true where (subscriber_id, {table.key}) in
        (select * from unnest(cast(:subscribers as uuid[]), cast(:keys as uuid[]))) returning subscriber_id, consumer_id
)"""  # noqa: S608


_UPSERTS: Final = {kind: marking(_upsert(table)) for kind, table in TABLES.items()}
_GONE: Final = {kind: marking(_gone(table)) for kind, table in TABLES.items()}
_ODOMETERS: Final = text("""
insert into odometers as o
select * from jsonb_to_recordset(cast(:rows as jsonb)) as p (
    subscriber_id uuid, odometer_reading_id uuid, vehicle_id uuid, read_at timestamptz, distance bigint, unit text, deleted boolean)
on conflict (subscriber_id, odometer_reading_id) do update set
    vehicle_id = excluded.vehicle_id, read_at = excluded.read_at, distance = excluded.distance, unit = excluded.unit, deleted = excluded.deleted
""")
_NO_ODOMETERS: Final = text("""
update odometers set deleted = true
where (subscriber_id, odometer_reading_id) in (select * from unnest(cast(:subscribers as uuid[]), cast(:keys as uuid[])))
returning subscriber_id, vehicle_id
""")
_READINGS: Final = text("""
select o.subscriber_id, o.vehicle_id, cast(o.read_at at time zone coalesce(l.zone, 'UTC') as date) as read_on, o.distance, o.unit
from unnest(cast(:subscribers as uuid[]), cast(:keys as uuid[])) as s (subscriber_id, vehicle_id)
join odometers o on o.subscriber_id = s.subscriber_id and o.vehicle_id = s.vehicle_id and not o.deleted
left join vehicles v on v.subscriber_id = o.subscriber_id and v.vehicle_id = o.vehicle_id
left join locations l on l.subscriber_id = v.subscriber_id and l.location_id = v.location_id
where o.read_at is not null and o.distance is not null
""")
_PACES: Final = marking("""
with concerned as (
    update vehicles v set miles_a_day = s.pace, readings_used = s.used, readings_ignored = s.ignored
    from unnest(
        cast(:subscribers as uuid[]), cast(:keys as uuid[]), cast(:paces as double precision[]), cast(:used as integer[]),
        cast(:ignored as integer[])) as s (subscriber_id, vehicle_id, pace, used, ignored)
    where v.subscriber_id = s.subscriber_id and v.vehicle_id = s.vehicle_id
        and (v.miles_a_day, v.readings_used, v.readings_ignored) is distinct from (s.pace, s.used, s.ignored)
    returning v.subscriber_id, v.consumer_id
)""")
_CYCLES: Final = text("""
select c.subscriber_id, c.consumer_id, c.recare_kind, c.began_with, c.due_on
from unnest(cast(:subscribers as uuid[]), cast(:keys as uuid[])) as s (subscriber_id, consumer_id)
join recare_cycles c on c.subscriber_id = s.subscriber_id and c.consumer_id = s.consumer_id
""")
_KEEP_CYCLES: Final = text("""
insert into recare_cycles
select * from unnest(
    cast(:subscribers as uuid[]), cast(:keys as uuid[]), cast(:types as text[]), cast(:began as date[]), cast(:dues as date[]))
on conflict (subscriber_id, consumer_id, recare_kind) do update set began_with = excluded.began_with, due_on = excluded.due_on
""")


async def keep_due_facts(connection: AsyncConnection, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Upsert facts of one kind of TABLES, one row a key."""
    if rows:
        statement = _UPSERTS[kind]
        await connection.execute(statement, {"rows": _ROWS.dump_json([dict(row) for row in rows]).decode()})


async def drop_due_facts(connection: AsyncConnection, kind: str, keys: Sequence[Key]) -> None:
    """Mark facts as gone that the feed names without a body."""
    if keys:
        await connection.execute(_GONE[kind], _keys(keys))


async def keep_readings(connection: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Upsert odometer readings, raw as they came."""
    if rows:
        await connection.execute(_ODOMETERS, {"rows": _ROWS.dump_json([dict(row) for row in rows]).decode()})


async def drop_readings(connection: AsyncConnection, keys: Sequence[Key]) -> set[Key]:
    """Mark readings as gone; return the vehicles they were of."""
    if not keys:
        return set()
    return {(row.subscriber_id, row.vehicle_id) for row in await connection.execute(_NO_ODOMETERS, _keys(keys))}


async def read_readings(connection: AsyncConnection, vehicles: Sequence[Key]) -> dict[Key, list[Reading]]:
    """Return every reading of these vehicles, in miles."""
    found: dict[Key, list[Reading]] = {vehicle: [] for vehicle in vehicles}
    for row in await connection.execute(_READINGS, _keys(vehicles)):
        factor = MILES_A_KILOMETRE if row.unit == "km" else 1.0
        found[row.subscriber_id, row.vehicle_id].append(Reading(row.read_on, row.distance * factor))
    return found


async def keep_paces(connection: AsyncConnection, paces: Mapping[Key, Pace]) -> None:
    """Store how far vehicles are driven; owners of those that changed are marked for planning."""
    figures = list(paces.values())
    values = {
        "paces": [pace.miles_a_day for pace in figures],
        "used": [pace.used for pace in figures],
        "ignored": [pace.ignored for pace in figures],
    }
    await connection.execute(_PACES, _keys(list(paces)) | values)


async def read_cycles(connection: AsyncConnection, people: Sequence[Key]) -> dict[tuple[UUID, UUID, str], RecareCycle]:
    """Return the recare cycles of these people by (subscriber_id, consumer_id, recare_kind)."""
    rows = await connection.execute(_CYCLES, _keys(people))
    return {
        (row.subscriber_id, row.consumer_id, row.recare_kind): RecareCycle(row.began_with, row.due_on) for row in rows
    }


async def keep_cycles(connection: AsyncConnection, cycles: Mapping[tuple[UUID, UUID, str], RecareCycle]) -> None:
    """Store recare cycles."""
    began: list[date] = [cycle.began_with for cycle in cycles.values()]
    values = {"types": [key[2] for key in cycles], "began": began, "dues": [cycle.due_on for cycle in cycles.values()]}
    await connection.execute(_KEEP_CYCLES, _keys([(key[0], key[1]) for key in cycles]) | values)


def _keys(keys: Sequence[Key]) -> dict[str, Any]:
    return {"subscribers": [key[0] for key in keys], "keys": [key[1] for key in keys]}
