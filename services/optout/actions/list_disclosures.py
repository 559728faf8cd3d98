"""Lists the register of disclosures, oldest first."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.actions.show_disclosure import show_disclosure
from services.optout.domain.entries import PLATFORM
from services.optout.domain.sealing import MailSeal
from services.optout.store.disclosures import list_disclosures as read_disclosures
from shared.kit.db import set_subscriber
from shared.kit.requests import page_cursor, read_time_cursor
from shared.schemas.disclosures import Disclosure
from shared.schemas.wire import Page


async def list_disclosures(
    connection: AsyncConnection, *, seal: MailSeal, after: str | None, limit: int
) -> Page[Disclosure]:
    """Return a page. Raises CursorRefusedError."""
    await set_subscriber(connection, PLATFORM)
    rows = await read_disclosures(connection, PLATFORM, after=read_time_cursor(after), limit=limit + 1)
    items = [await show_disclosure(connection, row=row, seal=seal) for row in rows[:limit]]
    more = page_cursor(items[-1].requested_at.isoformat(), str(items[-1].disclosure_id)) if len(rows) > limit else None
    return Page(items=items, next=more)
