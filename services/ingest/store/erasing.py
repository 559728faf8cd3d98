"""Erases people: their rows stay as empty tombstones, what hangs on them likewise, what only speaks of them goes.

A worker's view, one subscriber at a time. Every statement finds rows by key or index, so that an order costs the same in a full database.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.batch import ODOMETER_READING
from services.ingest.store.child_kinds import CHILDREN, ChildKind
from services.ingest.store.child_rows import GONE_STATUS, GONE_WORD
from services.ingest.store.tables import STAGING_SLOTS
from shared.schemas.privacy_cases import EraseOrder

_ALONE: Final = text("select pg_advisory_xact_lock(7410)")
_BESIDE: Final = text("select pg_advisory_xact_lock_shared(7410)")
_OWNERS: Final = text("""
select k.subscriber_id from row_keys k where exists (
    select from consumers c where c.subscriber_id = k.subscriber_id and c.address_key = :key)
    or exists (select from contact_points p where p.subscriber_id = k.subscriber_id and p.value_key = :key)
""")
_AT_ADDRESS: Final = text("select id from consumers where subscriber_id = :s and address_key = :key")
_PERSON: Final = text("""
select id, personal, address_key, guardian_id from consumers where subscriber_id = :s and id = :person and personal is not null
""")
_GUARDED_FROM: Final = text("""
select exists (select from consumers where subscriber_id = :s and id = :guardian and address_key = :key)
""")
# One human under several row ids: what was merged into whom, both ways (N-06).
_SAME: Final = text("""
with recursive same (id) as (
    select unnest(cast(:ids as uuid[]))
    union
    select x.id from same cross join lateral (
        select c.merged_into as id from consumers c where c.subscriber_id = :s and c.id = same.id and c.merged_into is not null
        union all select c.id from consumers c where c.subscriber_id = :s and c.merged_into = same.id) x)
select id from same
""")
_CONSUMERS: Final = text("""
with erased as (
    update consumers set personal = null, address_key = null, address_problem = null, status = 'inactive', language = '', household_id = null,
        guardian_id = null, minor_until = null, birthday = null, merged_into = null, optout_pending = false, deleted = true, historic = true,
        content_hash = :gone, version = version + 1
    where subscriber_id = :s and id = any(cast(:ids as uuid[])) and (personal is not null or not deleted) returning id
), noted as (
    insert into changes (subscriber_id, kind, key)
    select :s, 'consumer', id from erased
    union all select :s, 'consumer', w.id from consumers w
    where w.subscriber_id = :s and w.guardian_id = any(cast(:ids as uuid[])) and not w.deleted
)
select count(*) from erased
""")
_CHILD: Final = """
with erased as (
    update {table} set personal = null, deleted = true, content_hash = :gone, parked = false, {columns}
    where subscriber_id = :s and {belongs} and not (deleted and personal is null) returning id
), noted as (
    insert into changes (subscriber_id, kind, key) select :s, '{name}', id from erased where {is_news}
)
select count(*) from erased
"""
_MINE: Final = "{column} = any(cast(:ids as uuid[]))"
_READINGS: Final = "vehicle_id in (select v.id from vehicles v where v.subscriber_id = :s and v.consumer_id = any(cast(:ids as uuid[])))"
_ALSO_BY: Final = {"relations": "related_id", "merges": "into_id"}
_TRACES: Final = (
    "delete from search_terms where subscriber_id = :s and consumer_id = any(cast(:ids as uuid[]))",
    "delete from consumer_edits where subscriber_id = :s and consumer_id = any(cast(:ids as uuid[]))",
    "delete from consumer_history where subscriber_id = :s and consumer_id = any(cast(:ids as uuid[]))",
    "delete from consents where subscriber_id = :s and person_id = any(cast(:ids as uuid[]))",
    "delete from source_optouts where subscriber_id = :s and person_id = any(cast(:ids as uuid[]))",
    "delete from idempotency where headers->>'location' = any(cast(:places as text[]))",
)
_POINTS: Final = text("""
update contact_points set personal = null, value_key = null, deleted = true, content_hash = :gone
where subscriber_id = :s and value_key = :key and not (deleted and personal is null)
""")
_STAGING: Final = text("truncate " + ", ".join(f"staging_{slot}" for slot in range(STAGING_SLOTS)))
_ROWS: Final = text("""
insert into erased_rows (subscriber_id, row_id, entry_id)
select cast(:s as uuid), id, cast(:entry as uuid) from unnest(cast(:ids as uuid[])) as p (id)
union all select v.subscriber_id, v.id, :entry from vehicles v where v.subscriber_id = :s and v.consumer_id = any(cast(:ids as uuid[]))
on conflict do nothing
""")
_KNOWN: Final = text("select records, undecided from erasures where subscriber_id = :owner and entry_id = :entry")
_HUMANS: Final = text("""
select id, personal from consumers
where subscriber_id = :s and id = any(cast(:ids as uuid[])) and personal is not null and merged_into is null
""")
_KEEP: Final = text("""
insert into erasures (subscriber_id, entry_id, address_key, person_id, keeps_out, records, undecided, erased_at)
values (:owner, :entry, :key, :person, :keeps_out, :records, :undecided, :now)
""")
_LIFT: Final = text("""
with lifted as (
    update erasures set keeps_out = false, lifted_at = :now
    where subscriber_id = :owner and address_key is not distinct from :key and person_id is not distinct from :person and lifted_at is null
    returning entry_id
), forgotten as (
    delete from erased_people where entry_id in (select entry_id from lifted)
)
delete from erased_rows where entry_id in (select entry_id from lifted)
""")
_REMEMBER: Final = text("""
insert into erased_people (subscriber_id, person_key, entry_id)
select :s, key, :entry from unnest(cast(:keys as uuid[])) as k (key) on conflict do nothing
""")


async def erase_alone(connection: AsyncConnection) -> None:
    """Keep batches and front desks from writing people until the transaction ends, and wait for those that do: nobody slips through."""
    await connection.execute(_ALONE)
    await connection.execute(_STAGING)


async def write_beside(connection: AsyncConnection) -> None:
    """Say that this transaction writes people: an erasure waits for it, and it sees every erasure before it."""
    await connection.execute(_BESIDE)


async def find_owners(connection: AsyncConnection, address_key: str) -> list[UUID]:
    """Return the subscribers who hold somebody at an address."""
    return list(await connection.scalars(_OWNERS, {"key": address_key}))


async def find_at_address(connection: AsyncConnection, subscriber_id: UUID, address_key: str) -> list[UUID]:
    """Return the people whose own address this is."""
    return list(await connection.scalars(_AT_ADDRESS, {"s": subscriber_id, "key": address_key}))


async def find_person(connection: AsyncConnection, subscriber_id: UUID, person_id: UUID) -> Any:
    """Return a person who is not erased yet, or None."""
    return (await connection.execute(_PERSON, {"s": subscriber_id, "person": person_id})).first()


async def is_reached_by_guardian(
    connection: AsyncConnection, subscriber_id: UUID, guardian_id: UUID | None, address_key: str
) -> bool:
    """Tell whether a person's guardian reads this mailbox."""
    values = {"s": subscriber_id, "guardian": guardian_id, "key": address_key}
    return bool(guardian_id and await connection.scalar(_GUARDED_FROM, values))


async def find_same(connection: AsyncConnection, subscriber_id: UUID, ids: Sequence[UUID]) -> list[UUID]:
    """Return these and every row that a merge says is the same human."""
    return sorted(await connection.scalars(_SAME, {"s": subscriber_id, "ids": list(ids)}))


async def blank_people(
    connection: AsyncConnection, subscriber_id: UUID, ids: Sequence[UUID], *, entry_id: UUID, gone: bytes
) -> int:
    """Erase people with all that hangs on them; planning hears of every row. Return how many rows were blanked or removed."""
    values: dict[str, Any] = {"s": subscriber_id, "ids": list(ids)}
    await connection.execute(_ROWS, values | {"entry": entry_id})
    records = 0
    for statement in _children():
        records += int(await connection.scalar(statement, values | {"gone": gone}) or 0)
    records += int(await connection.scalar(_CONSUMERS, values | {"gone": gone}) or 0)
    for trace in _TRACES:
        own = {"places": [f"/v1/consumers/{each}" for each in ids]} if ":places" in trace else values
        records += (await connection.execute(text(trace), own)).rowcount
    return records


async def remember_erased(
    connection: AsyncConnection, subscriber_id: UUID, people: Sequence[UUID], *, entry_id: UUID
) -> None:
    """Keep the keyed hashes of erased people's descriptions."""
    await connection.execute(_REMEMBER, {"s": subscriber_id, "keys": list(people), "entry": entry_id})


async def blank_points(connection: AsyncConnection, subscriber_id: UUID, address_key: str, *, gone: bytes) -> int:
    """Erase this address where it stands as a further contact point of somebody else."""
    values = {"s": subscriber_id, "key": address_key, "gone": gone}
    return int((await connection.execute(_POINTS, values)).rowcount)


async def find_unmerged(connection: AsyncConnection, subscriber_id: UUID, ids: Sequence[UUID]) -> list[Any]:
    """Return the rows among these that no merge has made part of another."""
    return list(await connection.execute(_HUMANS, {"s": subscriber_id, "ids": list(ids)}))


async def find_erasure(connection: AsyncConnection, owner: UUID, entry_id: UUID) -> tuple[int, int] | None:
    """Return (rows blanked, people undecided) of an order that was carried out before, None for a new one."""
    row = (await connection.execute(_KNOWN, {"owner": owner, "entry": entry_id})).first()
    return (row.records, row.undecided) if row else None


async def keep_erasure(
    connection: AsyncConnection,
    owner: UUID,
    order: EraseOrder,
    *,
    keeps_out: bool,
    records: int,
    undecided: int,
    now: datetime,
) -> None:
    """Write that an order was carried out, and whether its address keeps people out."""
    values = {"owner": owner, "entry": order.entry_id, "key": order.address_key, "person": order.person_id}
    done = {"keeps_out": keeps_out, "records": records, "undecided": undecided, "now": now}
    await connection.execute(_KEEP, values | done)


async def lift_erasures(
    connection: AsyncConnection, owner: UUID, *, address_key: str | None, person_id: UUID | None, now: datetime
) -> None:
    """Let a person back in who came back by their own act: what their source says next is kept again (N-38)."""
    values = {"owner": owner, "key": address_key, "person": person_id, "now": now}
    await connection.execute(_LIFT, values)


def _children() -> list[TextClause]:
    """Return one statement a kind; readings before the vehicles that say whose they are."""
    kinds = sorted(CHILDREN, key=lambda kind: kind != ODOMETER_READING)
    return [_statement(kind, CHILDREN[kind]) for kind in kinds if CHILDREN[kind].parent]


def _statement(kind: int, child: ChildKind) -> TextClause:
    blank = {"status": GONE_STATUS.get(kind, ""), "word": GONE_WORD.get(kind, ""), "language": ""}
    columns = [f"{column} = " + (f"'{blank[staged]}'" if staged in blank else "null") for column, staged in child.pairs]
    belongs = _READINGS if kind == ODOMETER_READING else _MINE.format(column=child.parent_id)
    if child.table in _ALSO_BY:
        belongs = f"({belongs} or {_MINE.format(column=_ALSO_BY[child.table])})"
    words = {"table": child.table, "name": child.name, "is_news": str(child.is_news).lower()}
    return text(_CHILD.format(columns=", ".join(columns), belongs=belongs, **words))
