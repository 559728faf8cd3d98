"""Touches whose time has come: claimed, expired, or looked at again later, each by one statement over all of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.reach import Person
from shared.kit.db import Database

_CLAIM: Final = text("""
select subscriber_id, touch_id, consumer_id from touches
where state in ('planned', 'held') and next_at <= :now order by next_at, about_at limit :limit for update skip locked
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
cross join lateral (
    select i.address_key from consumers i where i.subscriber_id = s.subscriber_id and i.consumer_id = s.consumer_id offset 0
) c
cross join lateral (
    select i.subscriber_id, i.consumer_id from consumers i where i.subscriber_id = s.subscriber_id and i.address_key = c.address_key offset 0
) f
order by 1, 2
""")
# The touch is found by its key alone: a condition on state or time here, and a plan for all times walks everything due for each batch.
_BACK_OFF: Final = text("""
update touches t set
    tries = least(t.tries + cast(t.state = 'held' as integer), 20),
    next_at = case
        when t.state <> 'held' then t.next_at
        else least(cast(:now as timestamptz) + make_interval(mins => least(60, power(2, least(t.tries, 6))::integer)), t.useful_until)
    end
from unnest(cast(:subscribers as uuid[]), cast(:consumers as uuid[])) as s (subscriber_id, consumer_id)
cross join lateral (
    select i.touch_id from touches i
    where i.subscriber_id = s.subscriber_id and i.consumer_id = s.consumer_id and i.state = 'held' and i.next_at <= :now
    offset 0
) h
where t.subscriber_id = s.subscriber_id and t.touch_id = h.touch_id
""")
_OPEN: Final = text("select count(*) from messages where ended_at is null")
# The first of the index. Asked with EXISTS for any that is due, PostgreSQL makes one plan for all times, takes a third of the touches for due and
# looks for one through the whole table: 1.7 s for three million, at every look, while planning waits for its turn.
_ANYTHING: Final = "select coalesce(min(next_at) <= $1, false) from touches where state in ('planned', 'held')"


async def is_anything_due(database: Database, *, now: datetime) -> bool:
    """Tell whether there is a touch to group or to look at again: the one question an idle service asks."""
    return bool(await database.glance(_ANYTHING, now))


async def claim_due(connection: AsyncConnection, *, now: datetime, limit: int) -> list[tuple[UUID, UUID, UUID]]:
    """Lock due touches, oldest first and of the same moment what is about the earliest, and return (subscriber_id, touch_id, consumer_id)."""
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
