"""Lists write-backs and what became of them; where a system cannot be written, what the front desk should enter by hand."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.store.write_backs import list_write_back_rows, status_of
from shared.kit.auth import Caller
from shared.kit.db import set_subscriber
from shared.kit.requests import page_cursor, read_id_cursor
from shared.schemas.wire import Page
from shared.schemas.write_backs import WriteBackStatus


async def list_write_backs(
    connection: AsyncConnection,
    *,
    caller: Caller,
    connection_id: UUID | None,
    state: str | None,
    after: str | None,
    limit: int,
) -> Page[WriteBackStatus]:
    """Return a page by id, of locations that the caller covers. Raises CursorRefusedError."""
    await set_subscriber(connection, caller.subscriber)
    rows = await list_write_back_rows(
        connection,
        subscriber=caller.subscriber,
        after=read_id_cursor(after) or UUID(int=0),
        state=state,
        source=connection_id,
        locations=list(caller.location_ids) or None,
        limit=limit + 1,
    )
    more = len(rows) > limit
    items = [status_of(row) for row in rows[:limit]]
    return Page(items=items, next=page_cursor(str(items[-1].write_back_id)) if more else None)
