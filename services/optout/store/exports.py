"""What was handed over from the ledger: append and read."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.store.export_tables import ledger_exports
from shared.schemas.ledger import ExportRecord


async def add_export(connection: AsyncConnection, subscriber_id: UUID, record: ExportRecord) -> None:
    """Note an export in the context of its subscriber."""
    await connection.execute(insert(ledger_exports).values(subscriber_id=subscriber_id, **record.model_dump()))


async def list_made(
    connection: AsyncConnection, *, before: tuple[datetime, UUID] | None, limit: int
) -> list[ExportRecord]:
    """Return the context's exports, newest first, behind (made_at, export_id)."""
    columns = ledger_exports.c
    query = select(ledger_exports).order_by(columns.made_at.desc(), columns.export_id.desc()).limit(limit)
    if before is not None:
        query = query.where(tuple_(columns.made_at, columns.export_id) < tuple_(*before))
    return [ExportRecord.model_validate(dict(row._mapping)) for row in await connection.execute(query)]


async def is_suppression_export(connection: AsyncConnection, export_id: UUID) -> bool:
    """Tell whether the context's subscriber made a suppression list under this id."""
    columns = ledger_exports.c
    query = select(columns.export_id).where(columns.export_id == export_id, columns.kind == "suppressions")
    return (await connection.execute(query)).first() is not None
