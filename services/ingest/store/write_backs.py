"""Write-backs: made from optout's feed and from confirmations, claimed by connectors, settled by what the source answered."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.schemas.optout import SuppressionEntry
from shared.schemas.write_backs import WriteBackStatus

_ENTRIES: Final = TypeAdapter(list[SuppressionEntry])
_ENTRY: Final = """
with entry as (
    select * from jsonb_to_recordset(cast(:rows as jsonb)) as e (
        entry_id uuid, subscriber_id uuid, location_id uuid, address_key text, person_id uuid, suppression_class text)
)"""
_SCOPE: Final = "case when {0}.subscriber_id is null then 'platform' when {0}.location_id is null then 'business' else 'location' end"
# What the source itself reported it knows already; people whom no source knows stand in nobody's practice system.
_SUPPRESS: Final = text(f"""{_ENTRY}, hit as (
    select e.*, c.id, c.subscriber_id as owner, c.connection_id, c.location_id as at_location from entry e
    join consumers c on c.subscriber_id = e.subscriber_id and c.id = e.person_id and not c.deleted
    union
    select e.*, c.id, c.subscriber_id, c.connection_id, c.location_id from entry e
    join consumers c on c.subscriber_id = e.subscriber_id and c.address_key = e.address_key and not c.deleted
    union
    select e.*, c.id, c.subscriber_id, c.connection_id, c.location_id from entry e
    cross join (select distinct subscriber_id from connections) s
    cross join lateral (
        select * from consumers c where c.subscriber_id = s.subscriber_id and c.address_key = e.address_key and not c.deleted offset 0) c
    where e.subscriber_id is null and e.address_key is not null
)
insert into write_backs (subscriber_id, write_back_id, connection_id, consumer_id, kind, scope, suppression_class, address_key, person_id,
    scope_location_id, decided_at, state, next_at)
select h.owner, encode(substring(sha256(convert_to(concat_ws('/', h.entry_id, h.id), 'UTF8')) for 16), 'hex')::uuid, h.connection_id, h.id,
    'optout', {_SCOPE.format("h")}, h.suppression_class, h.address_key, h.person_id, h.location_id, :now, 'waiting', :now
from hit h join connections k on k.subscriber_id = h.owner and k.connection_id = h.connection_id and k.ended_at is null
where (h.location_id is null or h.location_id = h.at_location)
    and not exists (select from source_optouts o where o.subscriber_id = h.owner and o.optout_id = h.entry_id and o.person_id = h.id)
on conflict do nothing
""")  # noqa: S608 - a constant
_LIFT: Final = text(f"""{_ENTRY}, lifted as (
    select w.*, e.entry_id as lift_id from entry e
    cross join lateral (
        select * from write_backs w where w.subscriber_id = e.subscriber_id
        union all select w.* from (select distinct subscriber_id from connections) s join write_backs w using (subscriber_id)
        where e.subscriber_id is null) w
    where w.kind = 'optout' and w.state in ('waiting', 'claimed', 'written') and w.suppression_class = e.suppression_class
        and (w.scope, w.address_key, w.person_id, w.scope_location_id)
            is not distinct from ({_SCOPE.format("e")}, e.address_key, e.person_id, e.location_id)
), spared as (
    update write_backs w set state = 'withdrawn', answered_at = :now from lifted l
    where l.state = 'waiting' and w.subscriber_id = l.subscriber_id and w.write_back_id = l.write_back_id and w.state = 'waiting'
    returning w.write_back_id
)
insert into write_backs (subscriber_id, write_back_id, connection_id, consumer_id, kind, scope, suppression_class, address_key, person_id,
    scope_location_id, decided_at, state, next_at)
select subscriber_id, encode(substring(sha256(convert_to(concat_ws('/', lift_id, consumer_id), 'UTF8')) for 16), 'hex')::uuid, connection_id,
    consumer_id, 'optout_lifted', scope, suppression_class, address_key, person_id, scope_location_id, :now, 'waiting', :now
from lifted join connections k using (subscriber_id, connection_id)
where k.ended_at is null and write_back_id not in (select write_back_id from spared) on conflict do nothing
""")  # noqa: S608 - a constant
_CONFIRM: Final = text("""
with given as (
    select * from jsonb_to_recordset(cast(:rows as jsonb)) as g (
        confirmation_id uuid, appointment_id uuid, starts_at timestamptz, confirmed_at timestamptz)
), known as (
    select g.confirmation_id from given g join write_backs w on w.subscriber_id = :subscriber and w.write_back_id = g.confirmation_id
), kept as (
    insert into write_backs (
        subscriber_id, write_back_id, connection_id, consumer_id, kind, scope, appointment_id, starts_at, decided_at, state, next_at)
    select a.subscriber_id, g.confirmation_id, a.connection_id, a.consumer_id, 'confirmation', '', a.id, g.starts_at, g.confirmed_at, 'waiting', :now
    from given g join appointments a on a.subscriber_id = :subscriber and a.id = g.appointment_id and a.starts_at = g.starts_at
        and not a.deleted and not a.parked and a.consumer_id is not null
    join connections k on k.subscriber_id = a.subscriber_id and k.connection_id = a.connection_id and k.ended_at is null
    on conflict do nothing returning true
)
select (select count(*) from kept) as kept, (select count(*) from known) as repeated
""")
_CLAIM: Final = text("""
with due as (
    select write_back_id from write_backs w
    where subscriber_id = :subscriber and connection_id = :connection and state in ('waiting', 'claimed') and next_at <= :now
        and not exists (
            select from write_backs e where e.subscriber_id = :subscriber and e.consumer_id = w.consumer_id and e.connection_id = :connection
                and e.state in ('waiting', 'claimed') and e.decided_at < w.decided_at and e.kind <> 'confirmation' and w.kind <> 'confirmation')
    order by next_at, write_back_id limit :limit for update skip locked
), taken as (
    update write_backs w set state = 'claimed', claim_id = :claim, tries = w.tries + 1, next_at = :until
    from due where w.subscriber_id = :subscriber and w.write_back_id = due.write_back_id
    returning w.*
)
select w.*, c.id, c.personal, a.personal as appointment_personal, c.id is not null and (
    w.kind <> 'confirmation' or (not a.deleted and a.starts_at = w.starts_at and a.personal is not null)) as is_there
from taken w
left join consumers c on c.subscriber_id = w.subscriber_id and c.id = w.consumer_id and not c.deleted and c.personal is not null
left join appointments a on a.subscriber_id = w.subscriber_id and a.id = w.appointment_id
order by w.decided_at, w.write_back_id
""")
_GONE: Final = text("""
update write_backs set state = 'gone', claim_id = null, answered_at = :now
where subscriber_id = :subscriber and write_back_id = any(cast(:ids as uuid[])) and state = 'claimed'
""")
_END: Final = text("""
update write_backs set state = 'gone', claim_id = null, answered_at = :now
where subscriber_id = :subscriber and connection_id = :connection and state in ('waiting', 'claimed')
""")
_LOCK: Final = text("""
select w.*, k.location_id from write_backs w join connections k on k.subscriber_id = w.subscriber_id and k.connection_id = w.connection_id
where w.subscriber_id = :subscriber and w.write_back_id = :id for update of w
""")
_SETTLE: Final = text("""
update write_backs set state = :state, answer = :answer, answered_at = :answered_at, next_at = :next_at, claim_id = null
where subscriber_id = :subscriber and write_back_id = :id
""")
_LIST: Final = text("""
select w.* from write_backs w join connections k on k.subscriber_id = w.subscriber_id and k.connection_id = w.connection_id
where w.subscriber_id = :subscriber and w.write_back_id > :after and (cast(:state as text) is null or w.state = :state)
    and (cast(:source as uuid) is null or w.connection_id = :source)
    and (cast(:locations as uuid[]) is null or k.location_id = any(cast(:locations as uuid[])))
order by w.write_back_id limit :limit
""")


async def keep_suppressions(connection: AsyncConnection, entries: Sequence[SuppressionEntry], *, now: datetime) -> None:
    """Make a write-back for everybody whom these opt-outs stop, or lift those of these lifts; all of one kind."""
    statement = _SUPPRESS if entries[0].kind == "suppress" else _LIFT
    await connection.execute(statement, {"rows": _ENTRIES.dump_json(list(entries)).decode(), "now": now})


async def keep_confirmed(connection: AsyncConnection, *, subscriber_id: UUID, rows: str, now: datetime) -> Any:
    """Keep confirmations (JSON rows) of present bookings; return how many were kept and how many were on file."""
    return (await connection.execute(_CONFIRM, {"subscriber": subscriber_id, "rows": rows, "now": now})).one()


async def claim_due(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    connection_id: UUID,
    claim_id: UUID,
    limit: int,
    now: datetime,
    until: datetime,
) -> list[Any]:
    """Claim what is due at one connection until a moment; rows come with ciphertext and whether their person and booking are there."""
    values = {"subscriber": subscriber_id, "connection": connection_id, "claim": claim_id, "limit": limit}
    return list(await connection.execute(_CLAIM, values | {"now": now, "until": until}))


async def end_gone(connection: AsyncConnection, *, subscriber_id: UUID, ids: Sequence[UUID], now: datetime) -> None:
    """End those that have nothing to be written to any more."""
    await connection.execute(_GONE, {"subscriber": subscriber_id, "ids": list(ids), "now": now})


async def end_write_backs(
    connection: AsyncConnection, *, subscriber_id: UUID, connection_id: UUID, now: datetime
) -> None:
    """End all that waits for a connection."""
    await connection.execute(_END, {"subscriber": subscriber_id, "connection": connection_id, "now": now})


async def lock_write_back(connection: AsyncConnection, *, subscriber_id: UUID, write_back_id: UUID) -> Any:
    """Return one, locked, with its connection's location, or None."""
    return (await connection.execute(_LOCK, {"subscriber": subscriber_id, "id": write_back_id})).first()


async def settle_write_back(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    write_back_id: UUID,
    state: str,
    answer: str,
    answered_at: datetime,
    next_at: datetime,
) -> None:
    """Write what the source answered."""
    values = {"subscriber": subscriber_id, "id": write_back_id, "state": state, "answer": answer}
    await connection.execute(_SETTLE, values | {"answered_at": answered_at, "next_at": next_at})


async def list_write_back_rows(connection: AsyncConnection, **wanted: Any) -> list[Any]:
    """Return a page by id. `wanted`: subscriber, after, state, source, locations, limit."""
    return list(await connection.execute(_LIST, wanted))


def status_of(row: Any) -> WriteBackStatus:
    """Return a row as its wire model."""
    return WriteBackStatus(**{name: getattr(row, name) for name in WriteBackStatus.model_fields})
