"""Comparisons in SQL: who is in which arm, what came of the two that are compared, and the decision, kept once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.comparison import ArmCount, Verdict, choose_arm
from services.scheduler.store.report_touches import ReportFilter
from services.scheduler.store.report_visits import KNOWN, REAL, Position
from shared.schemas.comparisons import Arm

_PASSED: Final = "('dispatched', 'sent', 'bounced', 'uncertain', 'failed', 'suppressed')"
"""States of touches whose mail passed every check."""
_DIVIDED: Final = text("""
select k.campaign_id, c.consumer_id, c.address_key, cast(k.settings -> 'comparison' ->> 'share_percent' as integer) as share_percent
from unnest(cast(:subscribers as uuid[]), cast(:consumers as uuid[])) as s (subscriber_id, consumer_id)
join consumers c on c.subscriber_id = s.subscriber_id and c.consumer_id = s.consumer_id
join campaigns k
    on k.subscriber_id = c.subscriber_id and k.location_id = c.location_id and k.type = cast(:type as text) and k.state in ('active', 'paused')
        and k.settings ? 'comparison'
""")
_RUNNING: Final = text("""
select k.subscriber_id, k.campaign_id, k.location_id, k.type, k.version, k.settings, l.zone,
    array(select c.cycle from comparisons c where c.subscriber_id = k.subscriber_id and c.campaign_id = k.campaign_id) as decided
from campaigns k
join locations l on l.subscriber_id = k.subscriber_id and l.location_id = k.location_id
where k.settings ? 'comparison' and k.state in ('active', 'paused')
order by k.subscriber_id, k.campaign_id
""")
_IS_OPEN: Final = text("""
select exists (
    select from touches where subscriber_id = :subscriber_id and campaign_id = :campaign_id and step = :step and cycle = :cycle and arm is not null)
    and not exists (select from comparisons where subscriber_id = :subscriber_id and campaign_id = :campaign_id and cycle = :cycle)
""")
# Compared is who was reached or was to be: what became of the mail moves nobody out of an arm. All are followed from the time their mail was planned
# for until the same instant, the beginning of the local day on which it is decided.
_MEASURED: Final = f"""
with compared as (
    select t.consumer_id, t.touch_id, t.arm, t.planned_local at time zone t.zone as due_at, cast(:decides_on as date) + time '00:00' as until_local,
        t.zone
    from touches t
    where t.subscriber_id = :subscriber_id and t.campaign_id = :campaign_id and t.cycle = :cycle and t.arm in ('a', 'b')
        and t.state in {_PASSED}
), measured as (
    select c.consumer_id, c.touch_id, c.arm, c.due_at, (
        select min(e.at)
        from (
            select v.completed_at as at from visits v
            where v.subscriber_id = :subscriber_id and v.consumer_id = c.consumer_id and not v.deleted
            union all
            select {KNOWN} from appointments a
            where a.subscriber_id = :subscriber_id and a.consumer_id = c.consumer_id and not a.deleted and a.status in {REAL}
        ) e
        where e.at > c.due_at and e.at < c.until_local at time zone c.zone) as responded_at
    from compared c
)
"""  # noqa: S608 - constants only
_COUNTED: Final = text(f"""{_MEASURED}
select arm, count(*) as people, count(responded_at) as responded from measured group by 1
""")  # noqa: S608 - constants only
_ROWS: Final = text(f"""{_MEASURED}
select * from measured
where (cast(:after_at as timestamptz) is null or (due_at, touch_id) > (cast(:after_at as timestamptz), cast(:after_id as uuid)))
order by due_at, touch_id limit :limit
""")  # noqa: S608 - constants only
_KEEP: Final = text("""
insert into comparisons (
    subscriber_id, campaign_id, cycle, location_id, version, decides_on, decided_at, winner, reason, a_people, a_responded, b_people, b_responded,
    difference, lower, upper)
values (
    :subscriber_id, :campaign_id, :cycle, :location_id, :version, :decides_on, :now, :winner, :reason, :a_people, :a_responded, :b_people,
    :b_responded, :difference, :lower, :upper)
on conflict do nothing returning true
""")
_FIND: Final = text("""
select decides_on from comparisons where subscriber_id = :subscriber_id and campaign_id = :campaign_id and cycle = :cycle
""")
_UNDER_WAY: Final = text("""
select exists (
    select from touches t
    where t.subscriber_id = :subscriber_id and t.campaign_id = :campaign_id and t.arm in ('a', 'b')
        and t.state not in ('planned', 'held', 'skipped', 'cancelled')
        and not exists (
            select from comparisons c
            where c.subscriber_id = t.subscriber_id and c.campaign_id = t.campaign_id and c.cycle = t.cycle))
""")
# While it is open its figures are people only; what they did afterwards is looked at once.
_REPORT: Final = text(f"""
with seen as (
    select t.campaign_id, t.campaign_type, t.cycle, cast(split_part(t.cycle, '@', 2) as date) as occasion_on,
        count(*) filter (where t.arm = 'a' and t.state in {_PASSED}) as a_people,
        count(*) filter (where t.arm = 'b' and t.state in {_PASSED}) as b_people,
        count(*) filter (where t.arm = 'rest' and t.state in {_PASSED}) as rest_people
    from touches t
    where t.subscriber_id = :subscriber_id and t.arm is not null
        and (cast(:locations as uuid[]) is null or t.location_id = any(cast(:locations as uuid[])))
        and (cast(:campaign_id as uuid) is null or t.campaign_id = cast(:campaign_id as uuid))
    group by 1, 2, 3
)
select s.campaign_id, s.campaign_type, s.cycle, v.variant,
    coalesce(case v.variant when 'a' then c.a_people else c.b_people end, case v.variant when 'a' then s.a_people else s.b_people end) as people,
    case v.variant when 'a' then c.a_responded else c.b_responded end as responded,
    case when c.winner = v.variant then s.rest_people else 0 end as rest_people,
    coalesce(c.decides_on, s.occasion_on + cast(k.settings -> 'comparison' ->> 'wait_days' as integer), s.occasion_on) as decides_on,
    c.decided_at, c.winner, c.reason, c.difference, c.lower, c.upper
from seen s
join campaigns k on k.subscriber_id = :subscriber_id and k.campaign_id = s.campaign_id
cross join (values ('a'), ('b')) as v (variant)
left join comparisons c on c.subscriber_id = :subscriber_id and c.campaign_id = s.campaign_id and c.cycle = s.cycle
where s.occasion_on between :first_day and :last_day
order by s.occasion_on, s.campaign_id, v.variant
""")  # noqa: S608 - constants only


@dataclass(frozen=True, slots=True)
class ComparedOccasion:
    """An occasion of a campaign whose variants are compared."""

    subscriber_id: UUID
    campaign_id: UUID
    cycle: str
    decides_on: date

    def values(self) -> dict[str, Any]:
        """Return the values that statements name."""
        return asdict(self)


async def find_arms(
    connection: AsyncConnection, *, campaign_type: str, people: Sequence[tuple[UUID, UUID]], key: bytes
) -> list[tuple[UUID, UUID, Arm]]:
    """Return (campaign_id, consumer_id, arm) of those of these people whose location compares variants of this type; mostly nobody."""
    values = {
        "subscribers": [subscriber for subscriber, _ in people],
        "consumers": [consumer for _, consumer in people],
        "type": campaign_type,
    }
    rows = await connection.execute(_DIVIDED, values)
    return [
        (row.campaign_id, row.consumer_id, choose_arm(key, row.address_key, row.campaign_id, row.share_percent))
        for row in rows
    ]


async def read_comparing(connection: AsyncConnection) -> Sequence[Any]:
    """Return every campaign that compares variants, of all subscribers (a worker's view), with the cycles that are decided."""
    return (await connection.execute(_RUNNING)).all()


async def is_open(connection: AsyncConnection, occasion: ComparedOccasion, *, step: str) -> bool:
    """Tell whether an occasion has touches that were divided and no decision."""
    values = {name: value for name, value in occasion.values().items() if name != "decides_on"}
    return bool(await connection.scalar(_IS_OPEN, values | {"step": step}))


async def is_under_comparison(connection: AsyncConnection, *, subscriber_id: UUID, campaign_id: UUID) -> bool:
    """Tell whether some of the mail that is compared has left and nothing is decided yet."""
    return bool(await connection.scalar(_UNDER_WAY, {"subscriber_id": subscriber_id, "campaign_id": campaign_id}))


async def count_arms(connection: AsyncConnection, occasion: ComparedOccasion) -> dict[str, ArmCount]:
    """Return the people of both arms and how many of them responded."""
    rows = await connection.execute(_COUNTED, occasion.values())
    return {"a": ArmCount(0, 0), "b": ArmCount(0, 0)} | {row.arm: ArmCount(row.people, row.responded) for row in rows}


async def keep_decision(
    connection: AsyncConnection,
    occasion: ComparedOccasion,
    *,
    location_id: UUID,
    version: int,
    counts: Mapping[str, ArmCount],
    verdict: Verdict,
    now: datetime,
) -> bool:
    """Keep the decision; false if there is one already, which then stands."""
    figures = {
        f"{arm}_{name}": getattr(count, name) for arm, count in counts.items() for name in ("people", "responded")
    }
    values = (
        occasion.values() | figures | asdict(verdict) | {"location_id": location_id, "version": version, "now": now}
    )
    return bool(await connection.scalar(_KEEP, values))


async def find_decided(
    connection: AsyncConnection, *, subscriber_id: UUID, campaign_id: UUID, cycle: str
) -> ComparedOccasion | None:
    """Return an occasion that is decided, None for any other."""
    key = {"subscriber_id": subscriber_id, "campaign_id": campaign_id, "cycle": cycle}
    decides_on = await connection.scalar(_FIND, key)
    return ComparedOccasion(subscriber_id, campaign_id, cycle, decides_on) if decides_on is not None else None


async def read_compared_people(
    connection: AsyncConnection, occasion: ComparedOccasion, *, after: Position | None, limit: int
) -> list[dict[str, Any]]:
    """Return the people behind a decision, by the time their mail was due."""
    paging = {"after_at": after[0] if after else None, "after_id": after[1] if after else None, "limit": limit}
    return [dict(row._mapping) for row in await connection.execute(_ROWS, occasion.values() | paging)]


async def report_variants(
    connection: AsyncConnection, wanted: ReportFilter, *, campaign_id: UUID | None = None
) -> list[dict[str, Any]]:
    """Return both variants of every occasion in the span, with the figures of the decision once there is one."""
    rows = await connection.execute(_REPORT, wanted.values() | {"campaign_id": campaign_id})
    return [dict(row._mapping) for row in rows]
