"""Legal holds, and who has carried out which tombstone."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.entries import PLATFORM
from services.optout.store.case_tables import erasure_acknowledgements, legal_holds

_HELD: Final = text("""
select reason from legal_holds where address_keys && cast(:keys as text[]) and ended_at is null
    and (cast(:platform as boolean) or subscriber_id = any(cast(:owners as uuid[]))) order by placed_at limit 1
""")
_END: Final = text("""
update legal_holds set ended_by = :by, ended_because = :because, ended_at = :now
where subscriber_id = :subscriber and hold_id = :hold and ended_at is null returning *
""")


@dataclass(frozen=True, slots=True)
class AcknowledgementRow:
    """A service has carried out a tombstone."""

    subscriber_id: UUID
    entry_id: UUID
    service: str
    acknowledged_at: datetime
    records: int
    undecided: int = 0


@dataclass(frozen=True, slots=True)
class LegalHoldRow:
    """A hold on an address under every key there is."""

    subscriber_id: UUID
    hold_id: UUID
    address_keys: list[str]
    reason: str
    reference: str
    placed_by: str
    placed_at: datetime
    ended_by: str | None = None
    ended_because: str | None = None
    ended_at: datetime | None = None


async def keep_acknowledgement(connection: AsyncConnection, row: AcknowledgementRow) -> bool:
    """Keep it; false for one on file."""
    done = await connection.execute(
        upsert(erasure_acknowledgements)
        .values(asdict(row))
        .on_conflict_do_nothing()
        .returning(erasure_acknowledgements.c.entry_id)
    )
    return done.first() is not None


async def list_acknowledgements(
    connection: AsyncConnection, subscriber_id: UUID, entry_ids: Sequence[UUID]
) -> list[AcknowledgementRow]:
    """Return what was acknowledged of these tombstones, by time."""
    columns = erasure_acknowledgements.c
    query = select(erasure_acknowledgements).where(
        columns.subscriber_id == subscriber_id, columns.entry_id.in_(list(entry_ids))
    )
    rows = await connection.execute(query.order_by(columns.acknowledged_at, columns.service))
    return [AcknowledgementRow(**row) for row in rows.mappings()]


async def find_hold(connection: AsyncConnection, subscriber_id: UUID, address_keys: Sequence[str]) -> str | None:
    """Return the reason of a hold in force (a worker's view): a platform-wide erasure meets every business's, a business's its own and ours."""
    owners = [subscriber_id, PLATFORM]
    values = {"keys": list(address_keys), "platform": subscriber_id == PLATFORM, "owners": owners}
    reason: str | None = await connection.scalar(_HELD, values)
    return reason


async def add_hold(connection: AsyncConnection, row: LegalHoldRow) -> None:
    """Keep a new hold."""
    await connection.execute(insert(legal_holds).values(asdict(row)))


async def end_hold(
    connection: AsyncConnection, *, subscriber_id: UUID, hold_id: UUID, by: str, because: str, now: datetime
) -> LegalHoldRow | None:
    """End a hold and return it; None for one that is not there or has ended."""
    values = {"subscriber": subscriber_id, "hold": hold_id, "by": by, "because": because, "now": now}
    row = (await connection.execute(_END, values)).mappings().one_or_none()
    return LegalHoldRow(**row) if row else None


async def list_holds(
    connection: AsyncConnection, subscriber_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[LegalHoldRow]:
    """Return a subscriber's holds, ended ones too, oldest first."""
    columns = legal_holds.c
    query = select(legal_holds).where(columns.subscriber_id == subscriber_id)
    if after is not None:
        query = query.where(tuple_(columns.placed_at, columns.hold_id) > tuple_(*after))
    rows: Any = await connection.execute(query.order_by(columns.placed_at, columns.hold_id).limit(limit))
    return [LegalHoldRow(**row) for row in rows.mappings()]
