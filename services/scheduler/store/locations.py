"""Locations as planning needs them, drawn from what portal pushes: zone, whether mail may leave, and the calendar."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.open_days import OpenDay
from shared.schemas.location import LocationFacts, SubscriberFacts

_STALE_FROM: Final = """
from directory d
left join directory s on s.kind = 'subscriber' and s.id = d.body ->> 'subscriber_id'
left join locations l on l.location_id = cast(d.id as uuid) and l.subscriber_id = cast(d.body ->> 'subscriber_id' as uuid)
where d.kind = 'location'
    and (l.location_id is null or l.version <> d.version or l.subscriber_version <> coalesce(s.version, 0) or l.drawn_until < {drawn_until})
"""
_STALE: Final = text(f"""
select d.body, d.version, coalesce(s.version, 0) as subscriber_version, s.body as subscriber
{_STALE_FROM.format(drawn_until=":drawn_until")} order by d.id limit :limit
""")
ANY_STALE: Final = f"exists (select {_STALE_FROM.format(drawn_until='$1')})"
"""A condition over $1, the date until which calendars are to be drawn."""
_KEEP: Final = text("""
insert into locations as l (
    subscriber_id, location_id, version, subscriber_version, zone, hold_reason, drawn_until, vertical, chairs_or_bays, visit_minutes,
    invitations_per_visit)
values (
    :subscriber_id, :location_id, :version, :subscriber_version, :zone, :hold_reason, :drawn_until, :vertical, :chairs_or_bays, :visit_minutes,
    :invitations_per_visit)
on conflict (subscriber_id, location_id) do update set
    version = excluded.version, subscriber_version = excluded.subscriber_version, zone = excluded.zone,
    hold_reason = excluded.hold_reason, drawn_until = excluded.drawn_until, vertical = excluded.vertical,
    chairs_or_bays = excluded.chairs_or_bays, visit_minutes = excluded.visit_minutes, invitations_per_visit = excluded.invitations_per_visit
""")
_CLEAR: Final = text("delete from open_days where subscriber_id = :subscriber_id and location_id = :location_id")
_DRAW: Final = text("""
insert into open_days (subscriber_id, location_id, day, back_to, forward_to, ordinal, open_minutes)
select :subscriber_id, :location_id, *
from unnest(cast(:days as date[]), cast(:backs as date[]), cast(:forwards as date[]), cast(:ordinals as integer[]), cast(:minutes as smallint[]))
""")
_ZONE: Final = text("select cast(:now as timestamptz) at time zone cast(:zone as text)")
_OFFSETS: Final = text("""
select (m at time zone cast(:zone as text)) - (m at time zone 'UTC') as ahead
from unnest(cast(:moments as timestamptz[])) with ordinality as u (m, n) order by n
""")
_UNSWEPT_FROM: Final = (
    "from locations l where l.swept_on < cast(cast({now} as timestamptz) at time zone l.zone as date)"
)
ANY_UNSWEPT: Final = f"exists (select {_UNSWEPT_FROM.format(now='$2')})"
"""A condition over $2, the present instant: a location's day has begun and nobody has looked who comes up."""
_SWEEP: Final = text(f"""
update locations set swept_on = cast(cast(:now as timestamptz) at time zone zone as date)
where ctid = any(array(
    select l.ctid {_UNSWEPT_FROM.format(now=":now")} order by l.subscriber_id, l.location_id limit :limit for update skip locked))
returning subscriber_id, location_id
""")  # noqa: S608 - constants only
_FACTS: Final = text(
    "select body from directory where kind = 'location' and id = any(select cast(unnest(cast(:ids as uuid[])) as text))"
)


@dataclass(frozen=True, slots=True)
class StaleLocation:
    """A pushed location that is not drawn, or not as it is now."""

    facts: LocationFacts
    subscriber: SubscriberFacts | None
    version: int
    subscriber_version: int


async def find_stale_locations(connection: AsyncConnection, *, drawn_until: date, limit: int) -> list[StaleLocation]:
    """Return locations whose pushed facts changed since they were drawn, or whose calendar runs out before `drawn_until`."""
    rows = await connection.execute(_STALE, {"drawn_until": drawn_until, "limit": limit})
    return [
        StaleLocation(
            LocationFacts.model_validate(_json(row.body)),
            SubscriberFacts.model_validate(_json(row.subscriber)) if row.subscriber is not None else None,
            row.version,
            row.subscriber_version,
        )
        for row in rows
    ]


def _json(body: object) -> object:
    return json.loads(body) if isinstance(body, str) else body


async def knows_zone(connection: AsyncConnection, zone: str, now: datetime) -> bool:
    """Tell whether the database's time-zone data has this zone: it does the arithmetic (N-49)."""
    try:
        async with connection.begin_nested():
            await connection.execute(_ZONE, {"now": now, "zone": zone})
    except DBAPIError:
        return False
    return True


async def read_offsets(connection: AsyncConnection, zone: str, moments: Sequence[datetime]) -> list[timedelta]:
    """Return how far a known zone is ahead of UTC at these instants, by the database's time-zone data."""
    rows = await connection.execute(_OFFSETS, {"zone": zone, "moments": list(moments)})
    return [row.ahead for row in rows]


async def keep_location(
    connection: AsyncConnection,
    stale: StaleLocation,
    *,
    zone: str,
    hold_reason: str | None,
    drawn_until: date,
    days: Sequence[OpenDay],
) -> None:
    """Store a location's zone, state and whole calendar."""
    key = {"subscriber_id": stale.facts.subscriber_id, "location_id": stale.facts.location_id}
    await connection.execute(
        _KEEP,
        key
        | {
            "version": stale.version,
            "subscriber_version": stale.subscriber_version,
            "zone": zone,
            "hold_reason": hold_reason,
            "drawn_until": drawn_until,
            "vertical": stale.facts.vertical,
        }
        | stale.facts.capacity.model_dump(),
    )
    await connection.execute(_CLEAR, key)
    columns = {
        "days": [day.day for day in days],
        "backs": [day.back_to for day in days],
        "forwards": [day.forward_to for day in days],
        "ordinals": [day.ordinal for day in days],
        "minutes": [day.open_minutes for day in days],
    }
    await connection.execute(_DRAW, key | columns)


async def read_locations(connection: AsyncConnection, location_ids: Sequence[UUID]) -> dict[UUID, LocationFacts]:
    """Return the pushed facts of these locations by id."""
    rows = await connection.execute(_FACTS, {"ids": list(location_ids)})
    facts = [LocationFacts.model_validate(_json(row.body)) for row in rows]
    return {fact.location_id: fact for fact in facts}


async def take_unswept(connection: AsyncConnection, *, now: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """Return up to `limit` locations, by (subscriber_id, location_id), whose local day has begun since they were last returned."""
    rows = await connection.execute(_SWEEP, {"now": now, "limit": limit})
    return [(row.subscriber_id, row.location_id) for row in rows]
