"""Stops and the cancellations that empty their queue: one walk along the due index after another until a walk finds nothing.

A stop is set before its cancellation, so no marker passes meanwhile; what a worker has claimed comes back to the queue and is found by the next walk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.store.operations_tables import cancellations
from services.mailer.store.tables import stops
from shared.kit.db import Database, RawConnection

_ANYTHING: Final = "select exists (select from cancellations where finished_at is null)"
_TAKE: Final = """
select scope, id, asked_at, seen_at, seen_id, in_pass from cancellations where finished_at is null
order by asked_at, scope, id limit 1 for update skip locked
"""
_COVERED: Final = """
($1 = 'all' or ($1 = 'subscriber' and m.subscriber_id::text = $2) or ($1 = 'campaign' and m.campaign_id::text = $2)
    or ($1 = 'commercial' and m.message_class = 'commercial' and m.subscriber_id::text = $2)) and m.accepted_at <= $3
"""
# A chunk bounds what is looked at, not what is changed: a campaign of ten in a queue of millions is no long statement either.
_CHUNK: Final = f"""
with part as materialized (
    select m.subscriber_id, m.message_id, m.next_at, {_COVERED} as is_covered from messages m
    where m.stage in ('accepted', 'deferred') and ($4::timestamptz is null or (m.next_at, m.message_id) > ($4, $5::uuid))
    order by m.next_at, m.message_id limit $6),
moved as (
    update messages m set state = 'cancelled', reason = 'stopped', final_at = $7, claim_id = null from part p
    where p.is_covered and m.subscriber_id = p.subscriber_id and m.message_id = p.message_id and m.state in ('accepted', 'deferred')
    returning m.subscriber_id, m.message_id, m.touch_ids, m.state, m.reason, m.final_at),
freed as (
    update message_touches t set live = false from moved
    where t.subscriber_id = moved.subscriber_id and t.message_id = moved.message_id and t.live),
told as (
    insert into changes (subscriber_id, kind, key, body)
    select subscriber_id, 'outcome', message_id, jsonb_build_object(
        'message_id', message_id, 'touch_ids', touch_ids, 'state', state, 'reason', reason, 'at', final_at) from moved),
last as (select next_at, message_id from part order by next_at desc, message_id desc limit 1)
select (select count(*) from part) as looked_at, (select count(*) from moved) as moved, last.next_at, last.message_id
from (select 1) as one left join last on true
"""  # noqa: S608 - one constant in another
_IN_HAND: Final = f"""
select exists (
    select from claims c cross join unnest(c.subscriber_ids, c.message_ids) as k (subscriber_id, message_id)
    join messages m on m.subscriber_id = k.subscriber_id and m.message_id = k.message_id and m.claim_id = c.claim_id
    where m.state in ('claimed', 'handing_over') and {_COVERED})
"""  # noqa: S608 - likewise
_KEEP: Final = """
update cancellations set cancelled = cancelled + $3, seen_at = $4, seen_id = $5, in_pass = $6, finished_at = $7 where scope = $1 and id = $2
"""


@dataclass(frozen=True, slots=True)
class Walk:
    """One chunk done. `is_under_way`: the walk has not reached the end of the queue; `is_over`: nothing of what the stop covered is left."""

    cancelled: int
    is_under_way: bool
    is_over: bool


async def list_stops(connection: AsyncConnection) -> Sequence[Any]:
    """Return every stop with its cancellation, if there is one, by scope and id."""
    same = (cancellations.c.scope == stops.c.scope) & (cancellations.c.id == stops.c.id)
    rows = select(stops, cancellations.c.asked_at, cancellations.c.cancelled, cancellations.c.finished_at).select_from(
        stops.outerjoin(cancellations, same)
    )
    return (await connection.execute(rows.order_by(stops.c.scope, stops.c.id))).all()


async def ask_cancellation(connection: AsyncConnection, *, scope: str, stop_id: str, now: datetime) -> None:
    """Ask for everything under a stop to be cancelled; asked again, what has come in since is cancelled too."""
    again = {"asked_at": now, "seen_at": None, "seen_id": None, "in_pass": 0, "finished_at": None}
    wish = insert(cancellations).values(scope=scope, id=stop_id, asked_at=now)
    await connection.execute(wish.on_conflict_do_update(index_elements=["scope", "id"], set_=again))


async def find_cancellation(connection: AsyncConnection, *, scope: str, stop_id: str, lock: bool = False) -> Any | None:
    """Return a cancellation's row; with `lock` nobody works on it until the transaction ends."""
    wanted = select(cancellations).where(cancellations.c.scope == scope, cancellations.c.id == stop_id)
    return (await connection.execute(wanted.with_for_update() if lock else wanted)).first()


async def is_anything_to_cancel(database: Database) -> bool:
    """Tell whether a cancellation is unfinished: the one question an idle loop asks."""
    return bool(await database.glance(_ANYTHING))


async def cancel_chunk(connection: RawConnection, *, limit: int, now: datetime) -> Walk | None:
    """Carry the oldest unfinished cancellation on by one chunk of at most `limit` queued messages; None when there is none free."""
    async with connection.transaction():
        asked = await connection.fetchrow(_TAKE)
        if asked is None:
            return None
        covered = (asked["scope"], asked["id"], asked["asked_at"])
        chunk = await connection.fetchrow(_CHUNK, *covered, asked["seen_at"], asked["seen_id"], limit, now)
        assert chunk is not None
        in_pass = asked["in_pass"] + chunk["moved"]
        at_end = chunk["looked_at"] < limit
        is_over = at_end and in_pass == 0 and not await connection.fetchval(_IN_HAND, *covered)
        place = (None, None, 0) if at_end else (chunk["next_at"], chunk["message_id"], in_pass)
        await connection.execute(_KEEP, *covered[:2], chunk["moved"], *place, now if is_over else None)
    return Walk(chunk["moved"], not at_end, is_over)
