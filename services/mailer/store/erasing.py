"""Blanks what was written to erased people: sealed address and fields, notes; ids, states, keyed hashes and the hash of the bytes stay.

An order speaks of an address and, if it names one, of a person at it. What waits is ended; what a worker has in hand is waited for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.store.erasure_tables import PLATFORM
from shared.kit.db import Database
from shared.schemas.mailer import PLATFORM_SENDER, MessageInput
from shared.schemas.privacy_cases import EraseOrder

ANSWERS: Final = ("privacy_case", "opt_in")
"""Origins of mail that a person asks for themselves, erased or not: taken in all the same, blanked once they have ended."""
_ANYTHING: Final = "select exists (select from erasures where done_at is null)"
_ALONE: Final = text("select pg_advisory_xact_lock(7420)")
_BESIDE: Final = text("select pg_advisory_xact_lock_shared(7420)")
_ERASED: Final = text("""
select m.message_id from unnest(cast(:ids as uuid[]), cast(:keys as text[])) as m (message_id, address_key)
where exists (select from erasures e where e.address_key = m.address_key and e.lifted_at is null and (e.person_id is null or exists (
    select from unnest(cast(:of as uuid[]), cast(:people as uuid[])) as t (message_id, person_id)
    where t.message_id = m.message_id and t.person_id = e.person_id)))
""")
_KEEP: Final = text("""
insert into erasures (subscriber_id, entry_id, address_key, person_id, received_at) values (:owner, :entry, :key, :person, :now)
on conflict (subscriber_id, entry_id) do nothing returning entry_id
""")
_KNOWN: Final = text(
    "select records from erasures where subscriber_id = :owner and entry_id = :entry and done_at is not null"
)
_LIFT: Final = text("""
update erasures set lifted_at = :now
where subscriber_id = :owner and address_key = :key and person_id is not distinct from :person and lifted_at is null
""")
_TAKE: Final = text("""
select subscriber_id, entry_id, address_key, person_id, received_at, records from erasures
where done_at is null order by received_at, entry_id limit :limit for update skip locked
""")
_CONCERNED: Final = """
concerned as materialized (
    select m.subscriber_id, m.message_id from (
        select t.subscriber_id, t.message_id from message_touches t
        where t.address_key = :key and (cast(:person as uuid) is null or t.person_id = :person)
        union
        select m.subscriber_id, m.message_id from messages m where m.address_key = :key and m.touch_ids = '{}' and cast(:person as uuid) is null) t
    join messages m using (subscriber_id, message_id)
    where m.accepted_at <= :until and (
        cast(:everywhere as boolean) or m.subscriber_id = :owner or (m.subscriber_id = :platform_sender and m.origin = 'privacy_case')))
"""
_END: Final = text(f"""
with {_CONCERNED},
moved as (
    update messages m set state = 'suppressed', reason = 'erased', final_at = :now, claim_id = null from concerned c
    where m.subscriber_id = c.subscriber_id and m.message_id = c.message_id and m.state in ('accepted', 'deferred', 'claimed')
        and m.origin not in ('privacy_case', 'opt_in')
    returning m.subscriber_id, m.message_id, m.touch_ids, m.state, m.reason, m.final_at),
freed as (
    update message_touches t set live = false from moved
    where t.subscriber_id = moved.subscriber_id and t.message_id = moved.message_id and t.live)
insert into changes (subscriber_id, kind, key, body)
select subscriber_id, 'outcome', message_id, jsonb_build_object(
    'message_id', message_id, 'touch_ids', touch_ids, 'state', state, 'reason', reason, 'at', final_at) from moved
""")  # noqa: S608 - one constant in another
_BLANK: Final = text(f"""
with {_CONCERNED},
blanked as (
    update messages m set sealed = null from concerned c
    where m.subscriber_id = c.subscriber_id and m.message_id = c.message_id and m.sealed is not null
        and m.state not in ('accepted', 'deferred', 'claimed', 'handing_over') returning 1),
notes as (
    update settlements s set sealed_note = null from concerned c
    where s.subscriber_id = c.subscriber_id and s.message_id = c.message_id and s.sealed_note is not null returning 1)
select (select count(*) from blanked) + (select count(*) from notes)
""")  # noqa: S608 - one constant in another
_LEFT: Final = text(f"""
with {_CONCERNED}
select exists (select from concerned c join messages m using (subscriber_id, message_id) where m.sealed is not null)
""")  # noqa: S608 - one constant in another
_NOTE: Final = text("""
update erasures set records = :records, done_at = :done where subscriber_id = :owner and entry_id = :entry
""")


@dataclass(frozen=True, slots=True)
class Erasure:
    """An order that is being carried out; `records` counts what was blanked so far."""

    subscriber_id: UUID
    entry_id: UUID
    address_key: str
    person_id: UUID | None
    received_at: datetime
    records: int


async def find_erased(connection: AsyncConnection, given: Sequence[MessageInput]) -> set[UUID]:
    """Return which of these messages speak to or of erased people, in their subscriber's context.

    The transaction counts as taking messages in from now on: an erasure that arrives meanwhile waits for it and finds what it stored.
    """
    judged = [message for message in given if message.origin not in ANSWERS]
    touches = [(message.message_id, touch.person_id) for message in judged for touch in message.touches]
    values = {
        "ids": [message.message_id for message in judged],
        "keys": [message.address_key for message in judged],
        "of": [message_id for message_id, _ in touches],
        "people": [person_id for _, person_id in touches],
    }
    await connection.execute(
        _BESIDE
    )  # a statement of its own: what waited for the lock must see what was committed meanwhile
    return set(await connection.scalars(_ERASED, values))


async def take_in_alone(connection: AsyncConnection) -> None:
    """Wait until no message is being taken in, and let none be until the transaction ends."""
    await connection.execute(_ALONE)


async def add_erasure(connection: AsyncConnection, order: EraseOrder, *, now: datetime) -> bool:
    """Keep an order; false for one on file."""
    values = {"owner": order.subscriber_id or PLATFORM, "entry": order.entry_id, "key": order.address_key}
    return (await connection.execute(_KEEP, values | {"person": order.person_id, "now": now})).first() is not None


async def find_done(connection: AsyncConnection, order: EraseOrder) -> int | None:
    """Return how much an order that was carried out blanked, None for one that was not."""
    values = {"owner": order.subscriber_id or PLATFORM, "entry": order.entry_id}
    records: int | None = await connection.scalar(_KNOWN, values)
    return records


async def lift_erasures(
    connection: AsyncConnection, owner: UUID, *, address_key: str | None, person_id: UUID | None, now: datetime
) -> None:
    """Take messages in again for a person who came back by their own act (N-38)."""
    await connection.execute(_LIFT, {"owner": owner, "key": address_key, "person": person_id, "now": now})


async def is_anything_to_erase(database: Database) -> bool:
    """Tell whether an order waits: the one question an idle loop asks."""
    return bool(await database.glance(_ANYTHING))


async def take_erasures(connection: AsyncConnection, *, limit: int) -> list[Erasure]:
    """Return orders to carry out, locked."""
    return [Erasure(**row._mapping) for row in await connection.execute(_TAKE, {"limit": limit})]


async def carry_out(connection: AsyncConnection, erasure: Erasure, *, now: datetime) -> tuple[int, bool]:
    """End and blank what can be; return how much was blanked in all, and whether nothing is left."""
    values: dict[str, Any] = {
        "key": erasure.address_key,
        "person": erasure.person_id,
        "until": erasure.received_at,
        "owner": erasure.subscriber_id,
        "everywhere": erasure.subscriber_id == PLATFORM,
        "platform_sender": PLATFORM_SENDER,
    }
    await connection.execute(_END, values | {"now": now})
    records = erasure.records + int(await connection.scalar(_BLANK, values) or 0)
    is_done = not await connection.scalar(_LEFT, values)
    key = {"owner": erasure.subscriber_id, "entry": erasure.entry_id}
    await connection.execute(_NOTE, key | {"records": records, "done": now if is_done else None})
    return records, is_done
