"""The queue as a whole: is anything due, how much waits and since when. Nothing here costs more for a queue of millions than for a small one."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.db import Database
from shared.schemas.mailer import MessageState

MOST_COUNTED: Final = 10_000
"""Rows of a state that are counted one by one: about 5 ms. Beyond that the planner's estimate is good enough to act on."""

# The first of the index: with EXISTS one plan for all times may look for one that is due through the whole table.
_ANYTHING: Final = "select coalesce(min(next_at) <= $1, false) from messages where stage in ('accepted', 'deferred')"
_WAITING: Final = "m.stage in ('accepted', 'deferred')"
_OWN: Final = "m.subscriber_id = cast(:s as uuid)"
_COUNT: Final = "select count(*) from (select from messages m where {which} and {whose} limit :most) as counted"
_ESTIMATE: Final = "explain (format json) select from messages m where {which} and {whose}"
_IN_HAND: Final = """
select m.state, count(*) as number from claims c
cross join unnest(c.subscriber_ids, c.message_ids) as k (subscriber_id, message_id)
join messages m on m.subscriber_id = k.subscriber_id and m.message_id = k.message_id and m.claim_id = c.claim_id
where m.state in ('claimed', 'handing_over') and {whose} group by m.state
"""
_OLDEST: Final = text("select min(m.next_at) from messages m where m.stage in ('accepted', 'deferred')")
# The head of each campaign's part of the index, one after another: the least of a subscriber's millions in as many looks as it has campaigns.
_OWN_OLDEST: Final = text("""
with recursive heads as (
    (select m.campaign_id, m.next_at from messages m
     where m.stage in ('accepted', 'deferred') and m.subscriber_id = :s and m.campaign_id is not null
     order by m.campaign_id, m.next_at limit 1)
    union all
    select n.campaign_id, n.next_at from heads h cross join lateral (
        select m.campaign_id, m.next_at from messages m
        where m.stage in ('accepted', 'deferred') and m.subscriber_id = :s and m.campaign_id > h.campaign_id
        order by m.campaign_id, m.next_at limit 1) n),
without as (
    select m.next_at from messages m
    where m.stage in ('accepted', 'deferred') and m.subscriber_id = :s and m.campaign_id is null order by m.next_at limit 1)
select min(next_at) from (select next_at from heads union all select next_at from without) as all_heads
""")


@dataclass(frozen=True, slots=True)
class Count:
    """A number of messages, counted or estimated."""

    number: int
    is_estimate: bool = False


async def is_anything_due(database: Database, *, now: datetime) -> bool:
    """Tell whether any message waits for its turn now, paused ones included: the one question an idle worker asks."""
    return bool(await database.glance(_ANYTHING, now))


async def count_queue(connection: AsyncConnection, subscriber_id: UUID | None) -> dict[MessageState, Count]:
    """Return how many messages of a subscriber (within its context), or of all, are in each state of the queue and in doubt."""
    whose = _OWN if subscriber_id else "true"
    values = {"s": subscriber_id} if subscriber_id else {}
    waiting = await _count(connection, _WAITING, whose, values)
    deferred = await _count(connection, "m.stage = 'deferred'", whose, values)
    in_hand = await connection.execute(text(_IN_HAND.format(whose=whose)), values)
    hands = {row.state: Count(row.number) for row in in_hand}
    return {
        "accepted": Count(max(waiting.number - deferred.number, 0), waiting.is_estimate or deferred.is_estimate),
        "deferred": deferred,
        "claimed": hands.get("claimed", Count(0)),
        "handing_over": hands.get("handing_over", Count(0)),
        "uncertain": await _count(connection, "m.stage = 'uncertain'", whose, values),
    }


async def _count(connection: AsyncConnection, which: str, whose: str, values: dict[str, Any]) -> Count:
    counting = text(_COUNT.format(which=which, whose=whose))
    number = int(await connection.scalar(counting, values | {"most": MOST_COUNTED + 1}) or 0)
    if number <= MOST_COUNTED:
        return Count(number)
    plan: Any = await connection.scalar(text(_ESTIMATE.format(which=which, whose=whose)), values)
    rows = (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"]
    return Count(max(int(rows), number), is_estimate=True)


async def find_oldest_due(connection: AsyncConnection, subscriber_id: UUID | None, *, now: datetime) -> datetime | None:
    """Return since when the message due first has been waiting, of a subscriber (within its context) or of all; None where nothing is due."""
    oldest: datetime | None = (
        await connection.scalar(_OWN_OLDEST, {"s": subscriber_id})
        if subscriber_id
        else await connection.scalar(_OLDEST)
    )
    return oldest if oldest is not None and oldest <= now else None
