"""Reading for people and portal: touches, the facts behind a verdict, and how far planning is."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.verdicts import Occasion, PersonFacts
from services.scheduler.store.triggers import SOURCES

_SHOWN: Final = """
touch_id, campaign_id, campaign_type, step, cycle, consumer_id, trigger_id, due_at, useful_until, state, reason, message_id, rule_version,
final_at, basis, arm, variant"""
_TOUCHES: Final = text(f"""
select {_SHOWN}
from touches
where subscriber_id = :subscriber_id
    and (cast(:consumer_id as uuid) is null or consumer_id = cast(:consumer_id as uuid))
    and (cast(:campaign_id as uuid) is null or campaign_id = cast(:campaign_id as uuid))
    and (cast(:state as text) is null or state = cast(:state as text))
    and (cast(:locations as uuid[]) is null or location_id = any(cast(:locations as uuid[])))
    and (cast(:after_due as timestamptz) is null or (due_at, touch_id) > (cast(:after_due as timestamptz), cast(:after_id as uuid)))
order by due_at, touch_id limit :limit
""")  # noqa: S608 - our own column names
_LATEST: Final = text(f"""
select distinct on (campaign_id) {_SHOWN}
from touches
where subscriber_id = :subscriber_id and consumer_id = :consumer_id
    and (cast(:locations as uuid[]) is null or location_id = any(cast(:locations as uuid[])))
order by campaign_id, due_at desc, touch_id desc
""")  # noqa: S608 - likewise
_PERSON: Final = text("""
select c.location_id, c.status, c.address_key is not null as has_address, c.address_problem, c.deleted, c.minor_until,
    coalesce(c.recipient_id, c.consumer_id) <> c.consumer_id as has_guardian, coalesce(r.deleted or r.status = 'deceased', false) as recipient_unfit
from consumers c
left join consumers r on r.subscriber_id = c.subscriber_id and r.consumer_id = c.recipient_id
where c.subscriber_id = :subscriber_id and c.consumer_id = :consumer_id
""")
_OCCASIONS: Final = {
    trigger: text(
        f"select o.location_id, o.about_at, o.status, o.historic, o.deleted from ({source}) o "  # noqa: S608 - constants only
        "where o.subscriber_id = :subscriber_id and o.consumer_id = :consumer_id order by o.about_at desc nulls last limit 500"
    )
    for trigger, source in SOURCES.items()
}
_LOCATION_HOLDS: Final = text(
    "select location_id, zone, hold_reason from locations where subscriber_id = :subscriber_id"
)
_STATUS: Final = text("""
select
    (select count(*) from replans) as behind,
    (select count(*) from touches where state = 'planned') as planned,
    (select count(*) from touches where state = 'held') as held,
    (select count(*) from touches where state = 'planned' and next_at <= :now)
        + (select count(*) from messages where state = 'grouped' and ended_at is null) as due,
    (select count(*) from messages where state = 'submitted' and ended_at is null) as open,
    (select cursor from cursors where feed = 'ingest') as facts_cursor,
    (select cursor from cursors where feed = 'mailer') as outcomes_cursor
""")


@dataclass(frozen=True, slots=True)
class TouchFilter:
    """Which touches to list; None means any."""

    consumer_id: UUID | None = None
    campaign_id: UUID | None = None
    state: str | None = None
    locations: Sequence[UUID] | None = None


async def read_touches(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    wanted: TouchFilter,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[dict[str, Any]]:
    """Return touches by due time as rows of columns."""
    values = {
        "subscriber_id": subscriber_id,
        "consumer_id": wanted.consumer_id,
        "campaign_id": wanted.campaign_id,
        "state": wanted.state,
        "locations": list(wanted.locations) if wanted.locations is not None else None,
        "after_due": after[0] if after else None,
        "after_id": after[1] if after else None,
        "limit": limit,
    }
    return [dict(row._mapping) for row in await connection.execute(_TOUCHES, values)]


async def read_latest_touches(
    connection: AsyncConnection, *, subscriber_id: UUID, consumer_id: UUID, locations: Sequence[UUID] | None
) -> list[dict[str, Any]]:
    """Return a person's touch of each campaign that is due last, as rows of columns."""
    values = {
        "subscriber_id": subscriber_id,
        "consumer_id": consumer_id,
        "locations": list(locations) if locations is not None else None,
    }
    return [dict(row._mapping) for row in await connection.execute(_LATEST, values)]


async def read_person(connection: AsyncConnection, *, subscriber_id: UUID, consumer_id: UUID) -> PersonFacts | None:
    """Return what decides whether a person may be written to."""
    row = (await connection.execute(_PERSON, {"subscriber_id": subscriber_id, "consumer_id": consumer_id})).first()
    return PersonFacts(**row._mapping) if row is not None else None


async def read_occasions(
    connection: AsyncConnection, *, subscriber_id: UUID, consumer_id: UUID, kind: CampaignType, now: datetime
) -> list[Occasion]:
    """Return a person's records that trigger campaigns of this type, newest first."""
    statement = _OCCASIONS[kind.trigger.kind]
    values = {
        "subscriber_id": subscriber_id,
        "consumer_id": consumer_id,
        "now": now,
        "type": kind.slug,
        "defaults": json.dumps(dict(kind.defaults)),
        "dates": json.dumps(dict(kind.dates)),
    }
    named = {name: values[name] for name in statement.compile().params}
    return [Occasion(**row._mapping) for row in await connection.execute(statement, named)]


async def read_location_holds(
    connection: AsyncConnection, *, subscriber_id: UUID
) -> dict[UUID, tuple[str, str | None]]:
    """Return zone and reason to hold of each of a subscriber's locations."""
    rows = await connection.execute(_LOCATION_HOLDS, {"subscriber_id": subscriber_id})
    return {row.location_id: (row.zone, row.hold_reason) for row in rows}


async def read_figures(connection: AsyncConnection, *, now: datetime) -> dict[str, Any]:
    """Return the figures of PlanStatus for the subscriber of this connection's context."""
    return dict((await connection.execute(_STATUS, {"now": now})).one()._mapping)
