"""Accepting, cancelling and reading messages; stops."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, text, true
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.store.tables import attempts, message_touches, messages, stops

_KNOWN: Final = text(
    "select message_id from messages where subscriber_id = :s and message_id = any (cast(:ids as uuid[]))"
)
_LIVE: Final = text("""
select touch_id, message_id from message_touches where subscriber_id = :s and live and touch_id = any (cast(:ids as uuid[]))
""")
# A message of several people is taken back as a whole: the scheduler regroups those who stay (`recheck`).
_CANCEL: Final = text("""
with wanted as (
    select distinct message_id from message_touches where subscriber_id = :s and live and touch_id = any (cast(:ids as uuid[]))),
moved as (
    update messages m set state = case when m.touch_ids <@ cast(:ids as uuid[]) then 'cancelled' else 'recheck' end,
        reason = 'cancelled', final_at = cast(:now as timestamptz), claim_id = null
    from wanted w where m.subscriber_id = :s and m.message_id = w.message_id and m.state in ('accepted', 'deferred', 'claimed')
    returning m.subscriber_id, m.message_id, m.touch_ids, m.state, m.reason, m.final_at),
freed as (
    update message_touches t set live = false from moved where t.subscriber_id = moved.subscriber_id and t.message_id = moved.message_id),
told as (
    insert into changes (subscriber_id, kind, key, body)
    select subscriber_id, 'outcome', message_id, jsonb_build_object(
        'message_id', message_id, 'touch_ids', touch_ids, 'state', state, 'reason', reason, 'at', final_at) from moved)
select unnest(touch_ids) as touch_id from moved
""")
_LATE: Final = text("""
select t.touch_id from message_touches t join messages m using (subscriber_id, message_id)
where t.subscriber_id = :s and t.live and t.touch_id = any (cast(:ids as uuid[])) and m.state not in ('accepted', 'deferred', 'claimed')
""")
# One after the other within a business, so that two at once cannot both be the last one allowed.
_TEST_TURN: Final = text("select pg_advisory_xact_lock(7312, hashtext(cast(cast(:s as uuid) as text)))")
_TESTS: Final = text(
    "select count(*) from messages where subscriber_id = :s and origin = 'test' and accepted_at > :since"
)
# Whoever lets commercial mail go on lifts the stop by complaints with it (L-061).
_UNSTOP: Final = text(
    "delete from stops where id = :id and (scope = :scope or (:scope = 'commercial' and scope = 'complaints'))"
)


@dataclass(frozen=True, slots=True)
class NewMessage:
    """A message as it is stored: its personal part already sealed."""

    row: dict[str, Any]
    touches: list[tuple[UUID, UUID]]


async def find_known(connection: AsyncConnection, subscriber_id: UUID, message_ids: Collection[UUID]) -> set[UUID]:
    """Return which of these messages are stored already."""
    rows = await connection.execute(_KNOWN, {"s": subscriber_id, "ids": list(message_ids)})
    return {row.message_id for row in rows}


async def find_live_touches(
    connection: AsyncConnection, subscriber_id: UUID, touch_ids: Collection[UUID]
) -> dict[UUID, UUID]:
    """Return the touches that a live message carries already, with that message."""
    rows = await connection.execute(_LIVE, {"s": subscriber_id, "ids": list(touch_ids)})
    return {row.touch_id: row.message_id for row in rows}


async def count_tests(connection: AsyncConnection, subscriber_id: UUID, *, since: datetime) -> int:
    """Return how many tests a business has had taken since then; others of it wait until this transaction ends."""
    await connection.execute(_TEST_TURN, {"s": subscriber_id})
    return int(await connection.scalar(_TESTS, {"s": subscriber_id, "since": since}) or 0)


async def add_messages(connection: AsyncConnection, subscriber_id: UUID, new: Sequence[NewMessage]) -> None:
    """Insert messages with their touches."""
    if not new:
        return
    await connection.execute(insert(messages), [message.row for message in new])
    rows = [
        {
            "subscriber_id": subscriber_id,
            "touch_id": touch,
            "message_id": message.row["message_id"],
            "person_id": person,
            "address_key": message.row["address_key"],
        }
        for message in new
        for touch, person in message.touches
    ]
    if rows:
        await connection.execute(insert(message_touches), rows)


async def cancel_live(
    connection: AsyncConnection, subscriber_id: UUID, touch_ids: Sequence[UUID], *, now: datetime
) -> tuple[list[UUID], list[UUID]]:
    """Cancel what has not been handed over; return (cancelled, too late). The marker and this UPDATE exclude each other by the row's lock."""
    values = {"s": subscriber_id, "ids": list(touch_ids)}
    cancelled = {row.touch_id for row in await connection.execute(_CANCEL, values | {"now": now})}
    late = {row.touch_id for row in await connection.execute(_LATE, values)}
    return [touch for touch in touch_ids if touch in cancelled], [
        touch for touch in touch_ids if touch in late and touch not in cancelled
    ]


async def find_message(connection: AsyncConnection, message_id: UUID) -> Any | None:
    """Return a message's row within the caller's subscriber context."""
    return (await connection.execute(select(messages).where(messages.c.message_id == message_id))).first()


async def list_attempts(
    connection: AsyncConnection, message_id: UUID, *, after: UUID | None = None, limit: int | None = None
) -> Sequence[Any]:
    """Return the attempts of a message in order, from behind `after`."""
    behind = attempts.c.attempt_id > after if after is not None else true()
    wanted = select(attempts).where(attempts.c.message_id == message_id, behind)
    return (await connection.execute(wanted.order_by(attempts.c.attempt_id).limit(limit))).all()


async def list_last_attempts(connection: AsyncConnection, message_id: UUID, *, limit: int) -> Sequence[Any]:
    """Return the newest attempts of a message, oldest first."""
    wanted = select(attempts).where(attempts.c.message_id == message_id)
    return (await connection.execute(wanted.order_by(attempts.c.attempt_id.desc()).limit(limit))).all()[::-1]


async def set_stop(connection: AsyncConnection, *, scope: str, stop_id: str, paused: bool, now: datetime) -> None:
    """Pause or resume a scope; the marker's next statement sees it."""
    if paused:
        await connection.execute(upsert(stops).values(scope=scope, id=stop_id, stopped_at=now).on_conflict_do_nothing())
    else:
        await connection.execute(_UNSTOP, {"scope": scope, "id": stop_id})
