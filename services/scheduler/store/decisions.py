"""Decisions of one person by the day they concern."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.decisions import DecisionOnFile

# A decision concerns the day it was made, the day its touch is due after it, and the day it was due before: all in the location's zone.
_DECISIONS: Final = text("""
with made as (
    select d.decision_id, d.decided_at, t.touch_id, t.campaign_id, t.campaign_type, t.step, d.rule_version, d.state, d.reason, d.decider_id, d.due_at,
        lag(d.due_at) over (partition by d.touch_id order by d.decision_id) as before_at, d.message_id, t.consumer_id, t.location_id, t.trigger_id,
        t.zone
    from touches t
    join decisions d on d.subscriber_id = t.subscriber_id and d.touch_id = t.touch_id
    where t.subscriber_id = :subscriber_id and t.consumer_id = :consumer_id
        and (cast(:locations as uuid[]) is null or t.location_id = any(cast(:locations as uuid[])))
), page as (
    select * from made
    where decision_id > :after and (cast(:first as date) is null
        or cast(decided_at at time zone zone as date) between cast(:first as date) and cast(:last as date)
        or cast(due_at at time zone zone as date) between cast(:first as date) and cast(:last as date)
        or cast(before_at at time zone zone as date) between cast(:first as date) and cast(:last as date))
    order by decision_id limit :limit
)
select p.*, array(
    select o.touch_id from touches o
    where o.subscriber_id = :subscriber_id and o.message_id = p.message_id and o.touch_id <> p.touch_id order by o.touch_id limit 100
) as others
from page p order by p.decision_id
""")


@dataclass(frozen=True, slots=True)
class DaySpan:
    """Local days from `first` to `last`, both included; None for all days there are."""

    first: date | None
    last: date | None


async def read_decisions(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    consumer_id: UUID,
    locations: Sequence[UUID] | None,
    span: DaySpan,
    after: int,
    limit: int,
) -> list[tuple[int, DecisionOnFile]]:
    """Return the decisions that concern a day of the span as they were made, each with its number, from behind `after`."""
    values = {
        "subscriber_id": subscriber_id,
        "consumer_id": consumer_id,
        "locations": list(locations) if locations is not None else None,
        "first": span.first,
        "last": span.last,
        "after": after,
        "limit": limit,
    }
    rows = [dict(row._mapping) for row in await connection.execute(_DECISIONS, values)]
    return [(row.pop("decision_id"), DecisionOnFile(**row | {"others": tuple(row["others"])})) for row in rows]
