"""Reads the open privacy requests for the operator, a page at a time."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.sealing import MailSeal
from services.optout.store.privacy_mails import PrivacyMailRow, list_privacy_mails
from shared.kit.requests import page_cursor, read_time_cursor
from shared.schemas.optout import PrivacyMail, PrivacyMailInput
from shared.schemas.wire import Page


async def read_privacy_mails(
    connection: AsyncConnection, *, seal: MailSeal, after: str | None, limit: int
) -> Page[PrivacyMail]:
    """Return open requests, oldest first. Raises CursorRefusedError."""
    rows = await list_privacy_mails(connection, after=read_time_cursor(after), limit=limit + 1)
    items = [_open(row, seal) for row in rows[:limit]]
    more = page_cursor(items[-1].received_at.isoformat(), str(items[-1].mail_id)) if len(rows) > limit else None
    return Page(items=items, next=more)


def _open(row: PrivacyMailRow, seal: MailSeal) -> PrivacyMail:
    given = PrivacyMailInput.model_validate_json(seal.open(row.mail_id, row.sealed))
    return PrivacyMail(**given.model_dump(), state="open", due_at=row.due_at)
