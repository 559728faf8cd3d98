"""Reads the open privacy requests for the operator, a page at a time."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.sealing import MailSeal
from services.optout.store.privacy_mails import PrivacyMailRow, list_privacy_mails
from shared.kit.requests import CursorRefusedError, page_cursor, read_cursor
from shared.schemas.optout import PrivacyMail, PrivacyMailInput
from shared.schemas.wire import Page


async def read_privacy_mails(
    connection: AsyncConnection, *, seal: MailSeal, after: str | None, limit: int
) -> Page[PrivacyMail]:
    """Return open requests, oldest first. Raises CursorRefusedError."""
    rows = await list_privacy_mails(connection, after=_read_after(after), limit=limit + 1)
    items = [_open(row, seal) for row in rows[:limit]]
    more = page_cursor(items[-1].received_at.isoformat(), str(items[-1].mail_id)) if len(rows) > limit else None
    return Page(items=items, next=more)


def _open(row: PrivacyMailRow, seal: MailSeal) -> PrivacyMail:
    given = PrivacyMailInput.model_validate_json(seal.open(row.mail_id, row.sealed))
    return PrivacyMail(**given.model_dump(), state="open")


def _read_after(after: str | None) -> tuple[datetime, UUID] | None:
    values = read_cursor(after, 2)
    if values is None:
        return None
    try:
        at = datetime.fromisoformat(values[0])
        mail_id = UUID(values[1])
    except (ValueError, AttributeError, TypeError):
        raise CursorRefusedError from None
    if at.tzinfo is None:
        raise CursorRefusedError
    return at, mail_id
