"""Facts of people before a campaign by hand, a slice of a location at a time: the reasons of planning itself, read and not written."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.comparison import choose_arm, find_plan
from services.scheduler.domain.forecasting import Prospect
from services.scheduler.domain.hold_out import hold_out_mark
from services.scheduler.store.audiences import find_outside
from services.scheduler.store.situations import blocked_cases

_SLICE: Final = text("""
select consumer_id, address_key from consumers
where subscriber_id = :subscriber_id and location_id = :location_id and not deleted
    and (cast(:after as uuid) is null or consumer_id > cast(:after as uuid))
order by consumer_id limit :limit
""")
_COUNT: Final = text(
    "select count(*) from consumers where subscriber_id = :subscriber_id and location_id = :location_id and not deleted"
)
_JUDGED: Final = """
with place as (
    select l.zone, cast(:now as timestamptz) as now, cast(:now as timestamptz) at time zone l.zone as now_local,
        coalesce(d.forward_to, cast(cast(:planned as timestamp) as date)) + cast(cast(:planned as timestamp) as time) as planned_local,
        coalesce(r.forward_to, cast(cast(:rest_planned as timestamp) as date)) + cast(cast(:rest_planned as timestamp) as time) as rest_local
    from locations l
    left join open_days d
        on d.subscriber_id = l.subscriber_id and d.location_id = l.location_id and d.day = cast(cast(:planned as timestamp) as date)
    left join open_days r
        on r.subscriber_id = l.subscriber_id and r.location_id = l.location_id and r.day = cast(cast(:rest_planned as timestamp) as date)
    where l.subscriber_id = cast(:subscriber_id as uuid) and l.location_id = cast(:location_id as uuid)
), u as (
    select cast(:subscriber_id as uuid) as subscriber_id, s.consumer_id, s.is_held_out,
        cast(:campaign_id as uuid) as campaign_id, s.consumer_id as trigger_id,
        cast(:cycle as text) as cycle, cast(:gap_days as integer) as gap_days, (cast(:about as date) + time '12:00') at time zone g.zone as about_at,
        g.now, g.now_local, case when s.waits then g.rest_local else g.planned_local end as planned_local
    from unnest(cast(:consumers as uuid[]), cast(:held_out as boolean[]), cast(:waiting as boolean[])) as s (consumer_id, is_held_out, waits)
    cross join place g
)
select u.consumer_id, p.address_key, u.planned_local, u.now_local, e.state as touch_state, e.reason as touch_reason,
    case when e.state in ('planned', 'held') then cast(e.due_local as date) end as due_on,
    case
{blocked}
            when u.is_held_out then 'held_out'
    end as blocked,
    -- What goes before it on that day: a mail that has left or is with the mailer, or one planned that has the better rank (N-02).
    exists (
        select from messages m
        where m.subscriber_id = u.subscriber_id and m.address_key = p.address_key and m.counts and m.state <> 'void'
            and m.campaign_id <> u.campaign_id and m.local_day = cast(coalesce(e.due_local, u.planned_local) as date)
    ) or exists (
        select from consumers f
        join touches t on t.subscriber_id = f.subscriber_id and t.consumer_id = f.consumer_id and t.state in ('planned', 'held') and t.counts
        where f.subscriber_id = u.subscriber_id and f.address_key = p.address_key and t.rank < cast(:rank as integer)
            and cast(t.due_local as date) = cast(coalesce(e.due_local, u.planned_local) as date)
    ) as has_other,
    (
        select m.local_day + 30 from messages m
        where m.subscriber_id = u.subscriber_id and m.address_key = p.address_key and m.counts and m.commercial and m.state <> 'void'
        order by m.local_day desc offset cast(:budget as integer) - 1 limit 1
    ) as room_on
from u
left join consumers p on p.subscriber_id = u.subscriber_id and p.consumer_id = u.consumer_id
left join consumers r on r.subscriber_id = p.subscriber_id and r.consumer_id = p.recipient_id
left join touches e
    on e.subscriber_id = u.subscriber_id and e.campaign_id = u.campaign_id and e.step = cast(:step as text) and e.cycle = u.cycle
        and e.consumer_id = u.consumer_id
order by u.consumer_id
"""


@dataclass(frozen=True, slots=True)
class Foresight:
    """A campaign by hand and its next occasion: `about` its day, `planned` the wall time of its step before closed days move it on."""

    subscriber_id: UUID
    location_id: UUID
    campaign_id: UUID
    kind: CampaignType
    settings: Mapping[str, Any]
    occasion: str
    about: date
    step: str
    planned: datetime
    budget: int
    hold_out_key: bytes = field(repr=False)

    def holds_out(self, consumer_id: UUID) -> bool:
        """Tell whether a person is left out of it, so that its effect can be measured."""
        below = 100 * self.settings.get("hold_out_percent", 0) if self.kind.takes_hold_out else 0
        return hold_out_mark(self.hold_out_key, consumer_id, self.kind.slug) < below

    def lets_wait(self, address_key: str | None) -> bool:
        """Tell whether a mailbox waits until two variants are compared."""
        plan = find_plan(self.settings)
        arm = choose_arm(self.hold_out_key, address_key, self.campaign_id, plan.share_percent) if plan else None
        return arm == "rest"

    @property
    def rest_planned(self) -> datetime:
        """The wall time at which those who wait get it."""
        plan = find_plan(self.settings)
        return self.planned + timedelta(days=plan.wait_days if plan else 0)


async def count_people(connection: AsyncConnection, *, subscriber_id: UUID, location_id: UUID) -> int:
    """Return how many people a location has on record."""
    values = {"subscriber_id": subscriber_id, "location_id": location_id}
    return int(await connection.scalar(_COUNT, values) or 0)


async def read_prospects(
    connection: AsyncConnection, foresight: Foresight, *, after: UUID | None, limit: int, now: datetime
) -> list[Prospect]:
    """Return the next people of the location by id, each with what speaks against them as planning would find it now."""
    where = {"subscriber_id": foresight.subscriber_id, "location_id": foresight.location_id}
    rows = (await connection.execute(_SLICE, where | {"after": after, "limit": limit})).all()
    consumers = [row.consumer_id for row in rows]
    outside: list[UUID] = []
    if "audience" in foresight.settings:
        outside = await find_outside(
            connection, **where, audience=foresight.settings["audience"], consumers=consumers, now=now
        )
    kind = foresight.kind
    values = where | {
        "consumers": consumers,
        "held_out": [foresight.holds_out(consumer) for consumer in consumers],
        "waiting": [foresight.lets_wait(row.address_key) for row in rows],
        "rest_planned": foresight.rest_planned,
        "outside_campaigns": [foresight.campaign_id] * len(outside),
        "outside_consumers": outside,
        "now": now,
        "planned": foresight.planned,
        "about": foresight.about,
        "campaign_id": foresight.campaign_id,
        "cycle": f"{foresight.occasion}@{foresight.about}",
        "gap_days": foresight.settings.get("gap_days", kind.defaults.get("gap_days")),
        "step": foresight.step,
        "type": kind.slug,
        "rank": kind.rank,
        "budget": foresight.settings.get("budget", foresight.budget),
    }
    statement = _statement(kind)
    found = await connection.execute(statement, {name: values[name] for name in statement.compile().params})
    return [Prospect(**row._mapping) for row in found]


def _statement(kind: CampaignType) -> TextClause:
    return text(_JUDGED.replace("{blocked}", blocked_cases(kind.skips)))
