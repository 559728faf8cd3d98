"""Touches whose time has come: claimed, expired, grouped into messages, or moved, each by one statement over all of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.campaign_settings import SendWindow
from services.scheduler.store.plan import Person
from shared.kit.db import Database

MOST_TOUCHES_A_MESSAGE: Final = 100

_CLAIM: Final = text("""
select subscriber_id, touch_id, consumer_id from touches
where state in ('planned', 'held') and next_at <= :now order by next_at limit :limit for update skip locked
""")
_EXPIRE: Final = text("""
with over as (
    update touches t set state = 'expired', reason = coalesce(t.reason, 'too_late'), final_at = :now
    from unnest(cast(:subscribers as uuid[]), cast(:touches as uuid[])) as s (subscriber_id, touch_id)
    where t.subscriber_id = s.subscriber_id and t.touch_id = s.touch_id and t.state in ('planned', 'held') and t.useful_until <= :now
    returning t.subscriber_id, t.touch_id, t.state, t.reason, t.due_at, t.rule_version
)
insert into decisions (subscriber_id, touch_id, decided_at, state, reason, due_at, rule_version)
select subscriber_id, touch_id, :now, state, reason, due_at, rule_version from over
""")
_FAMILIES: Final = text("""
select s.subscriber_id, s.consumer_id
from unnest(cast(:subscribers as uuid[]), cast(:consumers as uuid[])) as s (subscriber_id, consumer_id)
union
select f.subscriber_id, f.consumer_id
from unnest(cast(:subscribers as uuid[]), cast(:consumers as uuid[])) as s (subscriber_id, consumer_id)
join consumers c on c.subscriber_id = s.subscriber_id and c.consumer_id = s.consumer_id and c.address_key is not null
join consumers f on f.subscriber_id = c.subscriber_id and f.address_key = c.address_key
order by 1, 2
""")
_DUE: Final = """
with slice as materialized (
    select subscriber_id, consumer_id
    from unnest(cast(:subscribers as uuid[]), cast(:consumers as uuid[])) as s (subscriber_id, consumer_id)
), due as (
    select t.*, cast(:now as timestamptz) at time zone t.zone as now_local,
        coalesce(cast(k.settings ->> 'send_from' as time), cast(:send_from as time)) as send_from,
        coalesce(cast(k.settings ->> 'send_until' as time), cast(:send_until as time)) as send_until
    from slice s
    join touches t on t.subscriber_id = s.subscriber_id and t.consumer_id = s.consumer_id and t.state = 'planned' and t.next_at <= :now
    join campaigns k on k.subscriber_id = t.subscriber_id and k.campaign_id = t.campaign_id
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
        reason = case when m.is_useful then cast(:moved_reason as text) else cast(:skipped_reason as text) end,
        final_at = case when not m.is_useful then cast(:now as timestamptz) end
    from settled m
    where t.subscriber_id = m.subscriber_id and t.touch_id = m.touch_id and t.state = 'planned'
    returning t.subscriber_id, t.touch_id, t.state, t.reason, t.due_at, t.rule_version
)
insert into decisions (subscriber_id, touch_id, decided_at, state, reason, due_at, rule_version)
select subscriber_id, touch_id, :now, state, reason, due_at, rule_version from changed
"""


def _moving(which: str) -> TextClause:
    """Put a statement together whose middle part names what is `moved` and to which local time."""
    return text(_DUE + which + _MOVE)


_OUTSIDE_WINDOW: Final = _moving("""
moved as (
    select *, cast(now_local as date) + case when cast(now_local as time) >= send_until then 1 else 0 end + send_from as new_local
    from due where cast(now_local as time) < send_from or cast(now_local as time) >= send_until
),""")
# What lost the day's one mail to another goes the next day at its own time, or first thing if that would be too late (N-02).
_NEXT_DAY: Final = _moving("""
candidates as (
    select *, cast(now_local as date) + 1 + least(greatest(cast(due_local as time), send_from), send_until - interval '1 minute') as same_time,
        cast(now_local as date) + 1 + send_from as first_thing
    from due
), moved as (
    select *, case when same_time at time zone zone < useful_until then same_time else first_thing end as new_local from candidates
),""")
# Ids of messages rise (UUIDv7, as kit/ids makes them): the mailer's rows and index entries of one campaign then lie together.
_GROUP: Final = text("""
with slice as materialized (
    select subscriber_id, consumer_id
    from unnest(cast(:subscribers as uuid[]), cast(:consumers as uuid[])) as s (subscriber_id, consumer_id)
), ready as materialized (
    select t.subscriber_id, t.touch_id, t.campaign_id, t.location_id, t.kind, t.counts, t.rank, t.about_at,
        t.next_at <= :now as is_due, p.address_key, cast(cast(:now as timestamptz) at time zone t.zone as date) as local_day,
        row(p.address_key, t.campaign_id, t.kind, t.about_on) as mates,
        lpad(to_hex(cast(extract(epoch from cast(:now as timestamptz)) * 1000 as bigint)), 12, '0') || '7'
            || substr(translate(cast(gen_random_uuid() as text), '-', ''), 14) as fresh_id
    from slice s
    join consumers p on p.subscriber_id = s.subscriber_id and p.consumer_id = s.consumer_id and p.address_key is not null and not p.deleted
    join touches t on t.subscriber_id = s.subscriber_id and t.consumer_id = s.consumer_id and t.state = 'planned'
        and cast(t.due_local as date) <= cast(cast(:now as timestamptz) at time zone t.zone as date)
), mated as (
    select *, cast(min(fresh_id) over mates as uuid) as message_id, bool_or(is_due) over mates as has_due, min(rank) over mates as best_rank,
        min(about_at) over mates as earliest, row_number() over (mates order by not is_due, about_at, touch_id) as number
    from ready window mates as (partition by subscriber_id, mates)
), placed as materialized (
    select *, dense_rank() over (
        partition by subscriber_id, address_key, local_day, counts order by best_rank, earliest, message_id) as place
    from mated where has_due
), made as (
    insert into messages (
        subscriber_id, message_id, campaign_id, location_id, address_key, kind, local_day, counts, state, grouped_at)
    select g.subscriber_id, g.message_id, g.campaign_id, g.location_id, g.address_key, g.kind, g.local_day, g.counts, 'grouped', :now
    from placed g
    where g.number = 1 and (not g.counts or (g.place = 1 and not exists (
        select from messages m
        where m.subscriber_id = g.subscriber_id and m.address_key = g.address_key and m.local_day = g.local_day and m.counts
            and m.state <> 'void')))
    on conflict do nothing
    returning message_id
), taken as (
    update touches t set state = 'dispatched', reason = null, withdraw_reason = null, message_id = g.message_id
    from placed g
    where g.message_id in (select message_id from made) and g.number <= :most
        and t.subscriber_id = g.subscriber_id and t.touch_id = g.touch_id and t.state = 'planned'
    returning t.subscriber_id, t.touch_id, t.state, t.due_at, t.rule_version, t.message_id
), noted as (
    insert into decisions (subscriber_id, touch_id, decided_at, state, due_at, rule_version, message_id)
    select subscriber_id, touch_id, :now, state, due_at, rule_version, message_id from taken
)
select count(*) from made
""")
_BACK_OFF: Final = text("""
update touches t set
    tries = least(t.tries + 1, 20),
    next_at = least(cast(:now as timestamptz) + make_interval(mins => least(60, power(2, least(t.tries, 6))::integer)), t.useful_until)
from unnest(cast(:subscribers as uuid[]), cast(:consumers as uuid[])) as s (subscriber_id, consumer_id)
where t.subscriber_id = s.subscriber_id and t.consumer_id = s.consumer_id and t.state = 'held' and t.next_at <= :now
""")
_OPEN: Final = text("select count(*) from messages where ended_at is null")
_ANYTHING: Final = """
select exists (select from touches where state in ('planned', 'held') and next_at <= $1)
    or exists (select from messages where state = 'grouped' and ended_at is null)
"""


async def is_anything_due(database: Database, *, now: datetime) -> bool:
    """Tell whether dispatch has anything to do at all: the one question an idle service asks."""
    return bool(await database.glance(_ANYTHING, now))


async def claim_due(connection: AsyncConnection, *, now: datetime, limit: int) -> list[tuple[UUID, UUID, UUID]]:
    """Lock due touches, oldest first, and return (subscriber_id, touch_id, consumer_id)."""
    rows = await connection.execute(_CLAIM, {"now": now, "limit": limit})
    return [(row.subscriber_id, row.touch_id, row.consumer_id) for row in rows]


async def expire_useless(
    connection: AsyncConnection, touches: Sequence[tuple[UUID, UUID, UUID]], *, now: datetime
) -> None:
    """End touches that have lost their use; the reason that held them stays on file (S-025)."""
    values = {"subscribers": [row[0] for row in touches], "touches": [row[1] for row in touches], "now": now}
    await connection.execute(_EXPIRE, values)


async def find_families(connection: AsyncConnection, people: Sequence[Person]) -> list[Person]:
    """Return these people and everybody who shares an address with one of them."""
    rows = await connection.execute(_FAMILIES, _people(people))
    return [(row.subscriber_id, row.consumer_id) for row in rows]


async def move_outside_window(
    connection: AsyncConnection, people: Sequence[Person], *, now: datetime, window: SendWindow
) -> None:
    """Move due touches of locations where it is night to the next morning, or skip them if that is too late."""
    reasons = {"moved_reason": "outside_window", "skipped_reason": "outside_window"}
    await connection.execute(_OUTSIDE_WINDOW, _people(people) | _window(window) | reasons | {"now": now})


async def group_due(connection: AsyncConnection, people: Sequence[Person], *, now: datetime) -> int:
    """Freeze due touches into messages: one an address, local day and kind, at most one counting message an address and day (N-01, N-02).

    Touches of the same group that fall due later that day come along. Returns the number of messages made.
    """
    values = _people(people) | {"now": now, "most": MOST_TOUCHES_A_MESSAGE}
    return int(await connection.scalar(_GROUP, values) or 0)


async def move_to_next_day(
    connection: AsyncConnection, people: Sequence[Person], *, now: datetime, window: SendWindow
) -> None:
    """Move what is still due after grouping: its address has had its mail of the day."""
    reasons = {"moved_reason": "moved_other_mail", "skipped_reason": "other_mail_today"}
    await connection.execute(_NEXT_DAY, _people(people) | _window(window) | reasons | {"now": now})


async def back_off_held(connection: AsyncConnection, people: Sequence[Person], *, now: datetime) -> None:
    """Look at what is still held again later: after 1, 2, 4 ... 60 minutes."""
    await connection.execute(_BACK_OFF, _people(people) | {"now": now})


async def count_open_messages(connection: AsyncConnection) -> int:
    """Return how many messages are grouped or with the mailer and have no end yet."""
    return int(await connection.scalar(_OPEN) or 0)


def _people(people: Sequence[Person]) -> dict[str, Any]:
    return {
        "subscribers": [subscriber for subscriber, _ in people],
        "consumers": [consumer for _, consumer in people],
    }


def _window(window: SendWindow) -> dict[str, Any]:
    return {"send_from": window.opens, "send_until": window.closes}
