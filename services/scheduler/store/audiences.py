"""Audiences in SQL: a checked rule becomes one condition over people, its values bound; who is in it now is computed, never kept."""

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.audience import rules_within
from services.scheduler.store.audience_facts import FACTS
from shared.schemas.audience import AudienceRule

_PEOPLE: Final = """(
    select c.*, l.zone, cast(:now as timestamptz) as now, cast(cast(:now as timestamptz) at time zone l.zone as date) as today
    from consumers c
    join locations l on l.subscriber_id = c.subscriber_id and l.location_id = c.location_id
    where c.subscriber_id = cast(:subscriber_id as uuid) and c.location_id = cast(:location_id as uuid)
) u"""
_COMPARED: Final = {
    "is": "({fact}) = cast({value} as boolean)",
    "is_one_of choice": "({fact}) = any(cast({value} as text[]))",
    "is_none_of choice": "({fact}) <> all(cast({value} as text[]))",
    "is_one_of set": "({fact}) && cast({value} as text[])",
    "is_none_of set": "not ({fact}) && cast({value} as text[])",
    "at_least": "({fact}) >= cast({value} as bigint)",
    "at_most": "({fact}) <= cast({value} as bigint)",
    "before": "({fact}) < cast({value} as date)",
    "on_or_after": "({fact}) >= cast({value} as date)",
    "within_days": "({fact}) > u.today - cast({value} as integer)",
    "over_days_ago": "({fact}) < u.today - cast({value} as integer)",
}
_COUNT: Final = f"""
with judged as materialized (
    select u.consumer_id, {{condition}} as is_in, u.status = 'active' and u.address_key is not null as is_reachable
    from {_PEOPLE} where not u.deleted
)
select count(*) as people, count(*) filter (where is_in) as matched, count(*) filter (where is_in and is_reachable) as reachable,
    array(select consumer_id from judged where is_in and is_reachable order by consumer_id limit :sample) as sample
from judged
"""  # noqa: S608 - constants only
_TARGETED: Final = text("""
select k.subscriber_id, k.campaign_id, k.location_id, k.settings -> 'audience' as audience
from campaigns k
where k.type = cast(:type as text) and k.state in ('active', 'paused') and k.settings ? 'audience'
    and k.subscriber_id = any(cast(:subscribers as uuid[]))
""")
_OUTSIDE: Final = f"""
select u.consumer_id from {_PEOPLE}
where u.consumer_id = any(cast(:consumers as uuid[])) and not {{condition}}
"""  # noqa: S608 - constants only


def audience_condition(rule: AudienceRule, values: dict[str, Any]) -> str:
    """Return a checked rule as a condition over a person u, true or false but never null; what it compares with is added to `values`."""
    if rule.fact is None:
        joined = (" and " if rule.all is not None else " or ").join(
            audience_condition(below, values) for below in rules_within(rule)
        )
        return f"not ({joined})" if rule.none is not None else f"({joined})"
    fact, operator = FACTS[rule.fact], str(rule.operator)
    since = "'-infinity'"
    if rule.days is not None:
        since = f"u.now - make_interval(days => cast({_bound(values, rule.days)} as integer))"
    compared = _COMPARED[f"{operator} {fact.kind}" if fact.kind in ("choice", "set") else operator]
    value: Any = rule.value
    if isinstance(value, list):
        value = [str(word) for word in value]
    elif operator in ("before", "on_or_after"):
        value = date.fromisoformat(str(value))
    said = compared.format(fact=fact.reading.replace("{since}", since), value=_bound(values, value))
    return f"coalesce({said}, false)"


def _bound(values: dict[str, Any], value: Any) -> str:
    name = f"audience_{len(values)}"
    values[name] = value
    return f":{name}"


async def count_audience(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    location_id: UUID,
    rule: AudienceRule | None,
    now: datetime,
    sample: int,
) -> dict[str, Any]:
    """Return people, matched, reachable and a sample of ids, as AudienceCount has them; of everybody where there is no rule."""
    values: dict[str, Any] = {}
    statement = text(_COUNT.format(condition=audience_condition(rule, values) if rule is not None else "true"))
    given = {"subscriber_id": subscriber_id, "location_id": location_id, "now": now, "sample": sample}
    return dict((await connection.execute(statement, values | given)).one()._mapping)


async def find_outsiders(
    connection: AsyncConnection, *, campaign_type: str, people: Sequence[tuple[UUID, UUID]], now: datetime
) -> list[tuple[UUID, UUID]]:
    """Return (campaign_id, consumer_id) of those of these people who are not in the audience of a campaign of this type at their location.

    One statement a campaign that has an audience. An audience that cannot be read any more has nobody in it.
    """
    subscribers = sorted({subscriber for subscriber, _ in people})
    outside = []
    for row in (await connection.execute(_TARGETED, {"type": campaign_type, "subscribers": subscribers})).all():
        found = await find_outside(
            connection,
            subscriber_id=row.subscriber_id,
            location_id=row.location_id,
            audience=row.audience,
            consumers=[consumer for subscriber, consumer in people if subscriber == row.subscriber_id],
            now=now,
        )
        outside += [(row.campaign_id, consumer_id) for consumer_id in found]
    return outside


async def find_outside(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    location_id: UUID,
    audience: Any,
    consumers: Sequence[UUID],
    now: datetime,
) -> list[UUID]:
    """Return those of these people of a location who are not in an audience, as it stands in a campaign's settings."""
    values: dict[str, Any] = {}
    statement = text(_OUTSIDE.format(condition=_condition_of(audience, values)))
    given = {"subscriber_id": subscriber_id, "location_id": location_id, "now": now, "consumers": list(consumers)}
    return [row.consumer_id for row in await connection.execute(statement, values | given)]


def _condition_of(stored: Any, values: dict[str, Any]) -> str:
    """Checked when it was stored; what a later release no longer understands chooses nobody rather than everybody."""
    try:
        return audience_condition(
            AudienceRule.model_validate(json.loads(stored) if isinstance(stored, str) else stored), values
        )
    except (ValidationError, KeyError):
        values.clear()
        return "false"
