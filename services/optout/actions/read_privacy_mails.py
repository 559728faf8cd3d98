"""Reads the open privacy requests for the operator, a page at a time."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.sealing import MailSeal
from services.optout.store.privacy_mails import PrivacyMailRow, list_privacy_mails
from shared.kit.requests import read_time_cursor, time_page
from shared.schemas.optout import PrivacyMail, PrivacyMailInput
from shared.schemas.wire import Page


async def read_privacy_mails(
    connection: AsyncConnection, *, seal: MailSeal, after: str | None, limit: int
) -> Page[PrivacyMail]:
    """Return open requests, oldest first. Raises CursorRefusedError."""
    rows = await list_privacy_mails(connection, after=read_time_cursor(after), limit=limit + 1)
    items = [_open(row, seal) for row in rows]
    return time_page(items, limit, lambda last: (last.received_at, last.mail_id))


def _open(row: PrivacyMailRow, seal: MailSeal) -> PrivacyMail:
    given = PrivacyMailInput.model_validate_json(seal.open(row.mail_id, row.sealed))
    return PrivacyMail(**given.model_dump(), state="open", due_at=row.due_at)
