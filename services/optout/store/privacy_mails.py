"""What people wrote to the privacy mailbox, sealed, by the id that its octets gave it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.store.tables import privacy_mails


@dataclass(frozen=True, slots=True)
class PrivacyMailRow:
    """One mail; `sealed` holds all that its writer said."""

    mail_id: UUID
    received_at: datetime
    sealed: bytes


async def add_privacy_mail(connection: AsyncConnection, row: PrivacyMailRow) -> bool:
    """Keep a mail as an open request; false where it is on file already."""
    values = {"mail_id": row.mail_id, "received_at": row.received_at, "sealed": row.sealed}
    done = await connection.execute(
        insert(privacy_mails).values(values).on_conflict_do_nothing().returning(privacy_mails.c.mail_id)
    )
    return done.first() is not None


async def list_privacy_mails(
    connection: AsyncConnection, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[PrivacyMailRow]:
    """Return open requests, oldest first, after a (time, id)."""
    columns = privacy_mails.c
    query = select(columns.mail_id, columns.received_at, columns.sealed).where(columns.state == "open")
    if after is not None:
        query = query.where(tuple_(columns.received_at, columns.mail_id) > tuple_(*after))
    rows = await connection.execute(query.order_by(columns.received_at, columns.mail_id).limit(limit))
    return [PrivacyMailRow(row.mail_id, row.received_at, bytes(row.sealed)) for row in rows]
