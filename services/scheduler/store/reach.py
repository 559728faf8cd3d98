"""Who of many people may have something to plan, looked up once for all campaign types: most types have nothing for most people.

What is told here is only ever too much, never too little: plan_touches.sql looks at everything again. It compares the newest (or earliest) date of a
kind of record with the time within which a type's campaigns look at them, and names the touches that wait or are with the mailer.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any, Final, get_args
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.campaign_type import SPARE_DAYS, CampaignType
from services.scheduler.domain.triggers import TriggerKind
from services.scheduler.store.triggers import OCCASIONS

Person = tuple[UUID, UUID]
"""A consumer by (subscriber_id, consumer_id)."""

_OWN_STEPS: Final = "from jsonb_each(k.settings -> 'steps') o where jsonb_typeof(o.value) = 'object'"
BACK_DAYS: Final = f"""
    coalesce(cast(k.settings ->> 'useful_days' as integer), 0) + coalesce(cast(k.settings -> 'comparison' ->> 'wait_days' as integer), 0) + (
        select coalesce(max(greatest(cast(o.value ->> 'days' as integer), 2 * cast(o.value ->> 'business_days' as integer), 0)), 0)
        {_OWN_STEPS})"""
"""How many days further back than its type a campaign k looks, by its own settings."""
DAYS_BEFORE: Final = f"""(
    select max(greatest(-cast(o.value ->> 'days' as integer), -2 * cast(o.value ->> 'business_days' as integer))) {_OWN_STEPS})"""
"""How many days before their trigger its own steps may stand, null where it has none."""

_A_DAY: Final = timedelta(days=1)
_UNBOUNDED: Final = timedelta(days=36_500)
"""As far ahead as types look that plan as soon as they know."""

_RUNNING: Final = text(f"""
select k.type, bool_or(coalesce(cast(k.settings ->> 'hold_out_percent' as integer), 0) > 0) as holds_out,
    bool_or(k.state in ('active', 'paused')) as is_on, max({BACK_DAYS}) as back_days, max({DAYS_BEFORE}) as days_before
from campaigns k where k.subscriber_id = any(cast(:subscribers as uuid[])) group by k.type
""")  # noqa: S608 - constants only
_PLACES: Final = text(f"""
select distinct k.location_id
from campaigns k
cross join lateral ({OCCASIONS}) d
where k.subscriber_id = any(cast(:subscribers as uuid[])) and k.type = :type and k.state in ('active', 'paused')
    and d.due_on between :first_day and :last_day
""")  # noqa: S608 - constants only

# A local day of a location may be the day before or after it in UTC: dates are compared with a day to spare.
_REACHES: Final[dict[TriggerKind, str]] = {
    "appointment": "a.starts_at > :from_{n}",
    "booking": "a.booked_at > :from_{n}",
    "cancellation": "a.status_at > :from_{n}",
    "visit": "v.seen_at > :from_{n}",
    "lapse": "v.seen_at > :from_{n} and v.seen_at < :until_{n}",
    "arrival": "c.addressed_at > :from_{n}",
    "birthday": "100 * c.birth_month + c.birth_day = any(cast(:days_{n} as integer[]))",
    "calendar": "c.location_id = any(cast(:places_{n} as uuid[]))",
    "recare": "r.last_on >= :from_{n} and r.first_on <= :until_{n}",
    "service": "w.is_there",
    "inspection": "w.last_on >= :from_{n} and w.first_on <= :until_{n}",
    "declined": "l.declined_at > :from_{n}",
    "treatment": "l.recommended_at > :from_{n}",
}
assert set(_REACHES) == set(get_args(TriggerKind))
_SLICE: Final = "unnest(cast(:subscribers as uuid[]), cast(:consumers as uuid[])) with ordinality as s (subscriber_id, consumer_id, n)"
_OWN: Final = "i.subscriber_id = s.subscriber_id and i.consumer_id = s.consumer_id"
_CONCERNED: Final = f"""
select {{reaches}}
from {_SLICE}
left join lateral (
    select i.location_id, i.addressed_at, i.birth_month, i.birth_day from consumers i where {_OWN} and not i.deleted offset 0
) c on true
cross join lateral (
    select max(i.starts_at) filter (where not i.deleted) as starts_at, max(i.booked_at) filter (where not i.deleted) as booked_at,
        max(i.status_at) as status_at
    from appointments i where {_OWN}
) a
cross join lateral (
    select max(i.completed_at) as seen_at from visits i where {_OWN} and not i.deleted
) v
cross join lateral (select min(i.due_on) as first_on, max(i.due_on) as last_on from recares i where {_OWN} and not i.deleted) r
cross join lateral (
    select count(*) > 0 as is_there, min(i.registration_ends_on) as first_on, max(i.registration_ends_on) as last_on
    from vehicles i where {_OWN} and not i.deleted
) w
cross join lateral (
    select max(i.stated_at) filter (where i.vehicle_id is not null) as declined_at,
        max(i.stated_at) filter (where i.vehicle_id is null) as recommended_at
    from service_lines i where {_OWN} and (i.state in ('recommended', 'declined') or cast(:takes_done as boolean)) and not i.deleted
) l
"""  # noqa: S608 - constants only
_TOUCHED: Final = text(f"""
select t.campaign_type, array_agg(s.n) as known, array_agg(s.n) filter (where t.state in ('planned', 'held', 'dispatched')) as under_way
from {_SLICE}
cross join lateral (select i.campaign_type, i.state from touches i where {_OWN} offset 0) t
group by 1
""")  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class RunningType:
    """A type that some subscribers have or had a campaign of: whether one is on, whether one leaves people out, and BACK_DAYS and DAYS_BEFORE."""

    is_on: bool
    holds_out: bool
    back_days: int
    days_before: int | None


@dataclass(frozen=True, slots=True)
class Concerned:
    """People whom a campaign type may concern, and which of them have a touch of it, in whatever state."""

    people: list[Person]
    known: list[bool]


async def find_running_types(connection: AsyncConnection, subscribers: Sequence[UUID]) -> dict[str, RunningType]:
    """Return the types that one of these subscribers has or ever had a campaign of: no other can have a touch."""
    rows = await connection.execute(_RUNNING, {"subscribers": list(subscribers)})
    return {row.type: RunningType(row.is_on, row.holds_out, row.back_days, row.days_before) for row in rows}


async def find_concerned(
    connection: AsyncConnection,
    *,
    types: Mapping[str, CampaignType],
    running: Mapping[str, RunningType],
    people: Sequence[Person],
    now: datetime,
) -> dict[str, Concerned]:
    """Return by type, for those of `types` that run, who of these people may have an occasion or has a touch that waits or is with the mailer."""
    kinds = [kind for slug, kind in types.items() if slug in running and running[slug].is_on]
    given = {"subscribers": [subscriber for subscriber, _ in people], "consumers": [consumer for _, consumer in people]}
    found: dict[str, set[int]] = {}
    if kinds:
        bounds: dict[str, Any] = {"takes_done": any("done" in kind.trigger.statuses for kind in kinds)}
        for number, kind in enumerate(kinds):
            bounds |= await _bounds(connection, number, kind, running[kind.slug], given["subscribers"], now)
        statement = _concerned(tuple(kind.trigger.kind for kind in kinds))
        row = (await connection.execute(statement, given | bounds)).one()
        found = {kind.slug: set(numbers or ()) for kind, numbers in zip(kinds, row, strict=True)}
    known: dict[str, set[int]] = {}
    for row in await connection.execute(_TOUCHED, given):
        known[row.campaign_type] = set(row.known)
        found.setdefault(row.campaign_type, set()).update(row.under_way or ())
    concerned = {}
    for slug, numbers in found.items():
        if numbers and slug in running:
            chosen, touched = sorted(numbers), known.get(slug, set())
            concerned[slug] = Concerned([people[n - 1] for n in chosen], [n in touched for n in chosen])
    return concerned


@cache
def _concerned(triggers: tuple[TriggerKind, ...]) -> TextClause:
    reaches = (
        f"array_agg(s.n) filter (where {_REACHES[trigger].format(n=number)})" for number, trigger in enumerate(triggers)
    )
    return text(_CONCERNED.format(reaches=",\n    ".join(reaches)))


async def _bounds(
    connection: AsyncConnection,
    number: int,
    kind: CampaignType,
    running: RunningType,
    subscribers: Iterable[UUID],
    now: datetime,
) -> dict[str, Any]:
    """Return the values that a type's reach names."""
    oldest, latest = now - timedelta(days=kind.looks_back_days + running.back_days), now + _UNBOUNDED
    if kind.looks_ahead_days is not None and kind.looks_forward_days is not None:
        own = kind.looks_ahead_days + SPARE_DAYS + (running.days_before or 0)
        ahead = kind.looks_forward_days if running.days_before is None else max(kind.looks_forward_days, own)
        latest = now + timedelta(days=ahead)
    first, last = oldest.date() - _A_DAY, latest.date() + _A_DAY
    match kind.trigger.kind:
        case "service":
            return {}
        case "birthday":
            return {f"days_{number}": _birthdays(first, last)}
        case "calendar":
            values = {
                "subscribers": sorted(set(subscribers)),
                "type": kind.slug,
                "dates": json.dumps(dict(kind.dates)),
                "now": now,
                "first_day": first,
                "last_day": last,
            }
            return {f"places_{number}": list((await connection.scalars(_PLACES, values)).all())}
        case "recare" | "inspection":
            return {f"from_{number}": first, f"until_{number}": last}
        case "lapse":
            return {f"from_{number}": oldest, f"until_{number}": latest}
        case _:
            return {f"from_{number}": oldest}


def _birthdays(first: date, last: date) -> list[int]:
    """Return the birthdays, as month and day, that fall on these days; 29 February is kept on the 28th where there is none (N-74)."""
    days = [first + timedelta(days=number) for number in range(min(366, (last - first).days + 1))]
    named = {100 * day.month + day.day for day in days}
    return sorted(named | {229} if 228 in named else named)
