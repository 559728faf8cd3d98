"""Due touches become messages, or move to another time: each by one statement over all of them.

One counting message an address and local day (N-02); commercial ones only while the address has room in thirty days; so many of a campaign a day;
invitations while the location's calendar has room.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.capacity import MOST_VISITS_A_MESSAGE
from services.scheduler.store.capacity import SHARES, room_of
from services.scheduler.store.plan import PlanRules
from services.scheduler.store.reach import Person

MOST_TOUCHES_A_MESSAGE: Final = 100

# Laterals with OFFSET 0: see plan_touches.sql.
_DUE: Final = """
with slice as materialized (
    select subscriber_id, consumer_id
    from unnest(cast(:subscribers as uuid[]), cast(:consumers as uuid[])) as s (subscriber_id, consumer_id)
), due as (
    select t.*, cast(:now as timestamptz) at time zone t.zone as now_local,
        coalesce(cast(k.settings ->> 'send_from' as time), cast(:send_from as time)) as send_from,
        coalesce(cast(k.settings ->> 'send_until' as time), cast(:send_until as time)) as send_until,
        coalesce(cast(k.settings ->> 'budget' as integer), cast(:budget as integer)) as budget
    from slice s
    cross join lateral (
        select * from touches i
        where i.subscriber_id = s.subscriber_id and i.consumer_id = s.consumer_id and i.state = 'planned' and i.next_at <= :now
        offset 0
    ) t
    cross join lateral (
        select i.settings from campaigns i where i.subscriber_id = t.subscriber_id and i.campaign_id = t.campaign_id offset 0
    ) k
),
"""
_TYPES: Final = """
type_rules as materialized (
    select * from unnest(
        cast(:types as text[]), cast(:commercial as boolean[]), cast(:gather_days as integer[]), cast(:daily_mosts as integer[]),
        cast(:invite as boolean[])
    ) as r (type, is_commercial, gather_days, daily_most, invites)
),
"""
_MOVE: Final = """
settled as (
    select m.*, m.new_local at time zone m.zone < m.useful_until as is_useful from moved m
), changed as (
    update touches t set
        due_local = case when m.is_useful then m.new_local else t.due_local end,
        due_at = case when m.is_useful then m.new_local at time zone m.zone else t.due_at end,
        next_at = case when m.is_useful then m.new_local at time zone m.zone else t.next_at end,
        state = case when m.is_useful then 'planned' else 'skipped' end,
        reason = case when m.is_useful then m.moved_reason else m.skipped_reason end,
        final_at = case when not m.is_useful then cast(:now as timestamptz) end
    from settled m
    where t.subscriber_id = m.subscriber_id and t.touch_id = m.touch_id and t.state = 'planned'
    returning t.subscriber_id, t.touch_id, t.state, t.reason, t.due_at, t.rule_version, m.decider_id
)
insert into decisions (subscriber_id, touch_id, decided_at, state, reason, due_at, rule_version, decider_id)
select subscriber_id, touch_id, :now, state, reason, due_at, rule_version, decider_id from changed
"""


def _moving(which: str) -> TextClause:
    """Put a statement together whose middle part names what is `moved`, to which local time, and the reasons."""
    return text(_DUE + which + _MOVE)


_OUTSIDE_WINDOW: Final = _moving("""
moved as (
    select *, cast(now_local as date) + case when cast(now_local as time) >= send_until then 1 else 0 end + send_from as new_local,
        'outside_window' as moved_reason, 'outside_window' as skipped_reason, cast(null as uuid) as decider_id
    from due where cast(now_local as time) < send_from or cast(now_local as time) >= send_until
),""")
# What lost the day's one mail to another goes the next day at its own time, or first thing if that would be too late (N-02). Commercial mail waits
# until its address has room in thirty days again, and for an open day if that is not too late.
_NEXT_DAY: Final = _moving(
    """{types}
waiting as (
    select d.*, cast(d.now_local as date) as today, r.is_commercial, r.invites and (d.basis ->> 'is_safety') is distinct from 'true' and exists (
            select from locations l where l.subscriber_id = d.subscriber_id and l.location_id = d.location_id and l.chairs_or_bays > 0
        ) as is_paced,
        case when r.is_commercial then (
            select m.local_day + 30 from messages m
            where m.subscriber_id = d.subscriber_id and m.address_key = p.address_key and m.counts and m.commercial and m.state <> 'void'
                and m.local_day > cast(d.now_local as date) - 30
            order by m.local_day desc offset d.budget - 1 limit 1
        ) end as room_on,
        (
            select m.message_id from messages m
            where m.subscriber_id = d.subscriber_id and m.address_key = p.address_key and m.counts and m.state <> 'void'
                and m.local_day = cast(d.now_local as date)
            limit 1
        ) as mail_id
    from due d
    left join lateral (
        select i.address_key from consumers i where i.subscriber_id = d.subscriber_id and i.consumer_id = d.consumer_id offset 0
    ) p on true
    left join type_rules r on r.type = d.campaign_type
), dated as (
    select w.*, greatest(w.today + 1, w.room_on) as day, w.room_on > w.today as is_over_budget from waiting w
), opened as (
    select g.*, case when g.is_commercial then o.forward_to end as open_day,
        least(greatest(cast(g.due_local as time), g.send_from), g.send_until - interval '1 minute') as same_time
    from dated g
    left join lateral (
        select i.forward_to from open_days i
        where i.subscriber_id = g.subscriber_id and i.location_id = g.location_id and i.day = g.day
        offset 0
    ) o on true
), moved as (
    select *,
        case
            when (open_day + same_time) at time zone zone < useful_until then open_day + same_time
            when (day + same_time) at time zone zone < useful_until then day + same_time
            else day + send_from
        end as new_local,
        case
            when is_over_budget then 'moved_over_budget' when mail_id is not null then 'moved_other_mail'
            when is_paced then 'moved_calendar_full' else 'moved_daily_most'
        end as moved_reason,
        case
            when is_over_budget then 'over_budget' when mail_id is not null then 'other_mail_today'
            when is_paced then 'calendar_full' else 'daily_most'
        end as skipped_reason,
        case when is_over_budget then null else mail_id end as decider_id
    from opened
),""".replace("{types}", _TYPES)
)
# Ids of messages rise (UUIDv7, as kit/ids makes them): the mailer's rows and index entries of one campaign then lie together.
# Who was due first is invited first, while there is room; a family is invited whole or not at all.
_GROUP: Final = text(
    """
with slice as materialized (
    select subscriber_id, consumer_id
    from unnest(cast(:subscribers as uuid[]), cast(:consumers as uuid[])) as s (subscriber_id, consumer_id)
),{types}
ready as materialized (
    select t.subscriber_id, t.touch_id, t.campaign_id, t.location_id, t.kind, t.counts, t.rank, t.about_at,
        t.next_at <= :now as is_due, p.address_key, d.local_day, row(p.address_key, t.campaign_id, t.kind, t.about_on) as mates,
        t.counts and coalesce(r.is_commercial, false) as commercial,
        coalesce(cast(k.settings ->> 'daily_most' as integer), r.daily_most) as daily_most, coalesce(r.invites, false) as invites,
        coalesce(r.invites, false) and (t.basis ->> 'is_safety') is distinct from 'true' as is_paced,
        coalesce(cast(k.settings ->> 'budget' as integer), cast(:budget as integer)) as budget,
        lpad(to_hex(cast(extract(epoch from cast(:now as timestamptz)) * 1000 as bigint)), 12, '0') || '7'
            || substr(translate(cast(gen_random_uuid() as text), '-', ''), 14) as fresh_id
    from slice s
    cross join lateral (
        select i.address_key from consumers i
        where i.subscriber_id = s.subscriber_id and i.consumer_id = s.consumer_id and i.address_key is not null and not i.deleted
        offset 0
    ) p
    cross join lateral (
        select * from touches i where i.subscriber_id = s.subscriber_id and i.consumer_id = s.consumer_id and i.state = 'planned' offset 0
    ) t
    cross join lateral (
        select i.settings from campaigns i where i.subscriber_id = t.subscriber_id and i.campaign_id = t.campaign_id offset 0
    ) k
    left join type_rules r on r.type = t.campaign_type
    cross join lateral (select cast(cast(:now as timestamptz) at time zone t.zone as date) as local_day) d
    where cast(t.due_local as date) <= d.local_day + coalesce(r.gather_days, 0)
        -- What is gathered early is the first step of its own series.
        and (cast(t.due_local as date) <= d.local_day or not exists (
            select from touches e
            where e.subscriber_id = t.subscriber_id and e.consumer_id = t.consumer_id and e.campaign_id = t.campaign_id and e.cycle = t.cycle
                and e.due_local < t.due_local))
), rooms as materialized (
    select l.subscriber_id, l.location_id, o.room, o.may_be_open
    from (select distinct subscriber_id, location_id, local_day from ready where is_paced) r
    join locations l on l.subscriber_id = r.subscriber_id and l.location_id = r.location_id and l.chairs_or_bays > 0
    cross join lateral ({room}) o
), mated as (
    select *, cast(min(fresh_id) over mates as uuid) as message_id, bool_or(is_due) over mates as has_due, min(rank) over mates as best_rank,
        min(about_at) over mates as earliest, bool_and(is_paced) over mates as waits_for_room,
        least(count(*) over mates, {most_visits}) as visits, row_number() over (mates order by not is_due, about_at, touch_id) as number
    from ready window mates as (partition by subscriber_id, mates)
), within as (
    select m.* from mated m
    where m.has_due and (not m.commercial or (
        select count(*) from messages g
        where g.subscriber_id = m.subscriber_id and g.address_key = m.address_key and g.counts and g.commercial and g.state <> 'void'
            and g.local_day > m.local_day - 30) < m.budget)
        and (not m.counts or not exists (
            select from messages g
            where g.subscriber_id = m.subscriber_id and g.address_key = m.address_key and g.local_day = m.local_day and g.counts
                and g.state <> 'void'))
), asking as (
    select w.*, o.room, sum(least(w.visits, o.may_be_open)) filter (where w.number = 1 and w.waits_for_room) over (
        partition by w.subscriber_id, w.location_id order by w.best_rank, w.earliest, w.message_id) as visits_so_far
    from within w
    left join rooms o on o.subscriber_id = w.subscriber_id and o.location_id = w.location_id
), roomy as (
    -- Before the day's one mail is chosen: an invitation without room takes nobody else's place. A family larger than all there may be fills it.
    select * from asking where not waits_for_room or room is null or (room > 0 and visits_so_far <= room)
), ranked as (
    select *, dense_rank() over (
        partition by subscriber_id, address_key, local_day, counts order by best_rank, earliest, message_id) as place
    from roomy
), placed as materialized (
    select *, count(*) filter (where number = 1 and place = 1) over (
            partition by subscriber_id, campaign_id, local_day order by message_id) as nth
    from ranked
), made as (
    insert into messages (
        subscriber_id, message_id, campaign_id, location_id, address_key, kind, local_day, counts, state, grouped_at, commercial, invites)
    select g.subscriber_id, g.message_id, g.campaign_id, g.location_id, g.address_key, g.kind, g.local_day, g.counts, 'grouped', :now, g.commercial,
        g.invites
    from placed g
    where g.number = 1 and (not g.counts or g.place = 1)
        and (g.daily_most is null or g.nth + (
            select count(*) from messages m
            where m.subscriber_id = g.subscriber_id and m.campaign_id = g.campaign_id and m.local_day = g.local_day and m.state <> 'void'
        ) <= g.daily_most)
    on conflict do nothing
    returning message_id
), taken as (
    update touches t set state = 'dispatched', reason = null, withdraw_reason = null, message_id = g.message_id
    from placed g
    where (g.message_id in (select message_id from made)) is true and g.number <= :most -- hashed, where a join may go quadratic
        and t.subscriber_id = g.subscriber_id and t.touch_id = g.touch_id and t.state = 'planned'
    returning t.subscriber_id, t.touch_id, t.state, t.due_at, t.rule_version, t.message_id
), noted as (
    insert into decisions (subscriber_id, touch_id, decided_at, state, due_at, rule_version, message_id)
    select subscriber_id, touch_id, :now, state, due_at, rule_version, message_id from taken
)
select count(*) from made
""".replace("{types}", _TYPES)
    .replace("{room}", room_of("r.local_day"))
    .replace("{most_visits}", str(MOST_VISITS_A_MESSAGE))
)


async def move_outside_window(
    connection: AsyncConnection, people: Sequence[Person], *, now: datetime, rules: PlanRules
) -> None:
    """Move due touches of locations where it is night to the next morning, or skip them if that is too late."""
    await connection.execute(_OUTSIDE_WINDOW, _people(people) | _rules(rules) | {"now": now})


async def group_due(
    connection: AsyncConnection,
    people: Sequence[Person],
    *,
    types: Mapping[str, CampaignType],
    now: datetime,
    rules: PlanRules,
) -> int:
    """Freeze due touches into messages: one an address, local day and kind, at most one counting message an address and day (N-01, N-02).

    Touches of the same group that fall due later that day, or within its `gather_days`, come along. Returns the number of messages made.
    """
    own = {"now": now, "most": MOST_TOUCHES_A_MESSAGE, "budget": rules.budget, "shares": SHARES}
    values = _people(people) | _types(types) | own
    return int(await connection.scalar(_GROUP, values) or 0)


async def move_to_next_day(
    connection: AsyncConnection,
    people: Sequence[Person],
    *,
    types: Mapping[str, CampaignType],
    now: datetime,
    rules: PlanRules,
) -> None:
    """Move what is still due after grouping: its address, or its campaign, has had its mail of the day or month."""
    await connection.execute(_NEXT_DAY, _people(people) | _rules(rules) | _types(types) | {"now": now})


def _people(people: Sequence[Person]) -> dict[str, Any]:
    return {
        "subscribers": [subscriber for subscriber, _ in people],
        "consumers": [consumer for _, consumer in people],
    }


def _rules(rules: PlanRules) -> dict[str, Any]:
    return {"send_from": rules.window.opens, "send_until": rules.window.closes, "budget": rules.budget}


def _types(types: Mapping[str, CampaignType]) -> dict[str, Any]:
    kinds = list(types.values())
    return {
        "types": [kind.slug for kind in kinds],
        "commercial": [kind.message_class == "commercial" for kind in kinds],
        "gather_days": [kind.group.gather_days for kind in kinds],
        "daily_mosts": [kind.daily_most for kind in kinds],
        "invite": [kind.invites for kind in kinds],
    }
