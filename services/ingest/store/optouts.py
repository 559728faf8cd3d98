"""Opt-outs that sources report, kept until optout has them on file; their people are held meanwhile (S-037, N-23)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.batch import SourceOptout
from shared.kit.db import Database, RawConnection
from shared.schemas.optout import OptoutInput

_KEEP: Final = """
with reported as (
    insert into source_optouts as kept (subscriber_id, optout_id, person_id, address_key, location_id, batch_id, occurred_at)
    select distinct on (o.optout_id) $1, o.optout_id, o.person_id, o.address_key, $2, $3, o.occurred_at
    from unnest($4::uuid[], $5::uuid[], $6::text[], $7::timestamptz[]) as o (optout_id, person_id, address_key, occurred_at)
    order by o.optout_id, o.occurred_at
    on conflict (subscriber_id, optout_id) do update set batch_id = excluded.batch_id where kept.confirmed_at is null
    returning kept.person_id
), held as (
    update consumers c set optout_pending = true
    where c.subscriber_id = $1 and c.id = any(array(select person_id from reported)) and not c.optout_pending
    returning c.id
), noted as (
    insert into changes (subscriber_id, kind, key)
    select $1, 'consumer', id from held
    union all select $1, 'consumer', w.id from consumers w where w.subscriber_id = $1 and w.guardian_id = any(array(select id from held))
)
select count(*) from reported
"""
_ANYTHING: Final = "select exists (select from source_optouts where confirmed_at is null)"
_PENDING: Final = text("""
select subscriber_id, optout_id, person_id, address_key, location_id, batch_id, occurred_at from source_optouts
where confirmed_at is null and (cast(:subscriber as uuid) is null or subscriber_id = :subscriber)
    and (cast(:batch as uuid) is null or batch_id = :batch)
order by subscriber_id, optout_id limit :limit
""")
_LOCK: Final = text("""
select id from consumers where subscriber_id = :subscriber and id = any(cast(:people as uuid[])) order by id for update
""")
_CONFIRM: Final = text("""
update source_optouts set confirmed_at = :now
where subscriber_id = :subscriber and optout_id = any(cast(:optouts as uuid[])) and confirmed_at is null
""")
_RELEASE: Final = text("""
with released as (
    update consumers c set optout_pending = false
    where c.subscriber_id = :subscriber and c.id = any(cast(:people as uuid[])) and c.optout_pending
        and not exists (select 1 from source_optouts o where o.subscriber_id = :subscriber and o.person_id = c.id and o.confirmed_at is null)
    returning c.id
)
insert into changes (subscriber_id, kind, key)
select cast(:subscriber as uuid), 'consumer', id from released
union all select :subscriber, 'consumer', w.id from consumers w
where w.subscriber_id = :subscriber and w.guardian_id = any(array(select id from released))
""")
_COUNT: Final = text(
    "select count(*) from source_optouts where subscriber_id = :subscriber and batch_id = :batch and confirmed_at is null"
)


async def keep_optouts(
    connection: RawConnection,
    *,
    subscriber_id: UUID,
    location_id: UUID,
    batch_id: UUID,
    optouts: Sequence[SourceOptout],
) -> int:
    """Keep reported opt-outs and hold the people of those that are not on file yet; return how many those are."""
    pending: int = await connection.fetchval(
        _KEEP,
        subscriber_id,
        location_id,
        batch_id,
        [optout.optout_id for optout in optouts],
        [optout.person_id for optout in optouts],
        [optout.address_key for optout in optouts],
        [optout.occurred_at for optout in optouts],
    )
    return pending


async def is_anything_pending(database: Database) -> bool:
    """Tell whether any reported opt-out waits for optout."""
    return bool(await database.glance(_ANYTHING))


async def read_pending(
    connection: AsyncConnection, *, subscriber_id: UUID | None, batch_id: UUID | None, limit: int
) -> list[tuple[UUID, OptoutInput]]:
    """Return opt-outs that wait, with their subscriber, as optout takes them; those of a batch, or of everybody."""
    rows = await connection.execute(_PENDING, {"subscriber": subscriber_id, "batch": batch_id, "limit": limit})
    return [
        (
            row.subscriber_id,
            OptoutInput(
                optout_id=row.optout_id,
                address_key=row.address_key,
                person_id=row.person_id,
                channel="source_flag",
                evidence=f"batch:{row.batch_id}",
                occurred_at=row.occurred_at,
            ),
        )
        for row in rows
    ]


async def confirm_optouts(
    connection: AsyncConnection, *, subscriber_id: UUID, optouts: Sequence[OptoutInput], now: datetime
) -> None:
    """Note that optout has these on file and release people of whom nothing waits any more."""
    people = [optout.person_id for optout in optouts]
    await connection.execute(_LOCK, {"subscriber": subscriber_id, "people": people})
    ids = [optout.optout_id for optout in optouts]
    await connection.execute(_CONFIRM, {"subscriber": subscriber_id, "optouts": ids, "now": now})
    await connection.execute(_RELEASE, {"subscriber": subscriber_id, "people": people})


async def count_pending(connection: AsyncConnection, *, subscriber_id: UUID, batch_id: UUID) -> int:
    """Return how many opt-outs reported by a batch are not on file yet."""
    return int(await connection.scalar(_COUNT, {"subscriber": subscriber_id, "batch": batch_id}) or 0)
