"""The register's SQL: append and read, nothing else. A release counts its approvals in the statement that writes it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import insert, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.store.disclosure_tables import disclosure_approvals, disclosure_releases, disclosures

_RELEASE: Final = text("""
insert into disclosure_releases (subscriber_id, disclosure_id, sha256, octets, description, released_by, released_at)
select :subscriber, :disclosure, :sha256, :octets, :description, :by, :now
where (select count(distinct approver) from disclosure_approvals
    where subscriber_id = :subscriber and disclosure_id = :disclosure) >= :needed
on conflict do nothing returning disclosure_id
""")


@dataclass(frozen=True, slots=True)
class DisclosureRow:
    """What was asked for; `sealed` is its scope."""

    subscriber_id: UUID
    disclosure_id: UUID
    concerns_id: UUID | None
    reason: str
    authority: str
    reference: str
    sealed: bytes
    requested_by: str
    requested_at: datetime


async def add_disclosure(connection: AsyncConnection, row: DisclosureRow) -> None:
    """Put a new entry into the register."""
    await connection.execute(insert(disclosures).values(asdict(row)))


async def find_disclosure(
    connection: AsyncConnection, subscriber_id: UUID, disclosure_id: UUID
) -> DisclosureRow | None:
    """Return an entry, or None."""
    columns = disclosures.c
    query = select(disclosures).where(columns.subscriber_id == subscriber_id, columns.disclosure_id == disclosure_id)
    row = (await connection.execute(query)).mappings().one_or_none()
    return DisclosureRow(**row) if row else None


async def list_disclosures(
    connection: AsyncConnection, subscriber_id: UUID, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[DisclosureRow]:
    """Return entries, oldest first."""
    columns = disclosures.c
    query = select(disclosures).where(columns.subscriber_id == subscriber_id)
    if after is not None:
        query = query.where(tuple_(columns.requested_at, columns.disclosure_id) > tuple_(*after))
    rows = await connection.execute(query.order_by(columns.requested_at, columns.disclosure_id).limit(limit))
    return [DisclosureRow(**row) for row in rows.mappings()]


async def add_approval(
    connection: AsyncConnection, row: DisclosureRow, *, approver: str, remark: str, now: datetime
) -> bool:
    """Add an approval; false for a second one of the same person. The database refuses the requester's own."""
    values = {"subscriber_id": row.subscriber_id, "disclosure_id": row.disclosure_id, "approver": approver}
    values |= {"requested_by": row.requested_by, "remark": remark, "approved_at": now}
    added = upsert(disclosure_approvals).values(values).on_conflict_do_nothing()
    done = await connection.execute(added.returning(disclosure_approvals.c.approver))
    return done.first() is not None


async def list_approvals(connection: AsyncConnection, row: DisclosureRow) -> list[Any]:
    """Return an entry's approvals by time."""
    columns = disclosure_approvals.c
    query = select(disclosure_approvals).where(
        columns.subscriber_id == row.subscriber_id, columns.disclosure_id == row.disclosure_id
    )
    return list(await connection.execute(query.order_by(columns.approved_at, columns.approver)))


async def find_release(connection: AsyncConnection, row: DisclosureRow) -> Any:
    """Return what was released, or None."""
    columns = disclosure_releases.c
    query = select(disclosure_releases).where(
        columns.subscriber_id == row.subscriber_id, columns.disclosure_id == row.disclosure_id
    )
    return (await connection.execute(query)).first()


async def add_release(connection: AsyncConnection, row: DisclosureRow, *, needed: int, **values: Any) -> bool:
    """Add the release if enough people have approved; false if not, or if there is one."""
    key = {"subscriber": row.subscriber_id, "disclosure": row.disclosure_id, "needed": needed}
    return (await connection.execute(_RELEASE, key | values)).first() is not None
