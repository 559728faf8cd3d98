"""What people wrote to the privacy mailbox, sealed, by the id that its octets gave it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.store.tables import privacy_mails


@dataclass(frozen=True, slots=True)
class PrivacyMailRow:
    """One mail; `sealed` holds all that its writer said, `classification` how it was understood, `due_at` when a person must have answered.

    Without `due_at` there is nothing left to do: the mail is kept as done. `address_key`: of its writer, where that is certain.
    """

    mail_id: UUID
    received_at: datetime
    sealed: bytes
    classification: str
    due_at: datetime | None
    address_key: str | None = None


async def add_privacy_mail(connection: AsyncConnection, row: PrivacyMailRow) -> bool:
    """Keep a mail; false where it is on file already."""
    values = asdict(row) | {"state": "open" if row.due_at else "done"}
    done = await connection.execute(
        insert(privacy_mails).values(values).on_conflict_do_nothing().returning(privacy_mails.c.mail_id)
    )
    return done.first() is not None


async def list_privacy_mails(
    connection: AsyncConnection, *, after: tuple[datetime, UUID] | None, limit: int
) -> list[PrivacyMailRow]:
    """Return open requests, oldest first, after a (time, id)."""
    columns = privacy_mails.c
    shown = (columns.mail_id, columns.received_at, columns.sealed, columns.classification, columns.due_at)
    query = select(*shown).where(columns.state == "open", columns.sealed.is_not(None))
    if after is not None:
        query = query.where(tuple_(columns.received_at, columns.mail_id) > tuple_(*after))
    rows = await connection.execute(query.order_by(columns.received_at, columns.mail_id).limit(limit))
    return [PrivacyMailRow(**row._mapping) for row in rows]


async def finish_privacy_mail(connection: AsyncConnection, mail_id: UUID) -> None:
    """Take a mail off the list of those that wait: its case has ended."""
    await connection.execute(update(privacy_mails).where(privacy_mails.c.mail_id == mail_id).values(state="done"))
