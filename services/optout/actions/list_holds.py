"""Lists the legal holds of a business or of the platform, ended ones too, oldest first."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.case_views import hold_shown
from services.optout.domain.entries import PLATFORM
from services.optout.store.erasures import list_holds as read_holds
from shared.kit.db import set_subscriber
from shared.kit.requests import read_time_cursor, time_page
from shared.schemas.privacy_cases import LegalHold
from shared.schemas.wire import Page


async def list_holds(
    connection: AsyncConnection, *, subscriber_id: UUID | None, after: str | None, limit: int
) -> Page[LegalHold]:
    """Return a page. Raises CursorRefusedError."""
    owner = subscriber_id or PLATFORM
    await set_subscriber(connection, owner)
    rows = await read_holds(connection, owner, after=read_time_cursor(after), limit=limit + 1)
    items = [hold_shown(row) for row in rows]
    return time_page(items, limit, lambda last: (last.placed_at, last.hold_id))
