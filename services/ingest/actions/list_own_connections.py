"""Lists a caller's connections, page by page in the order they were made."""

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.store.connections import list_connections
from shared.kit.auth import Caller
from shared.kit.db import set_subscriber
from shared.kit.requests import page_cursor, read_id_cursor
from shared.schemas.ingest import Connection
from shared.schemas.wire import Page


async def list_own_connections(
    connection: AsyncConnection, *, caller: Caller, after: str | None, limit: int
) -> Page[Connection]:
    """Return a page of the connections of locations that the caller covers. Raises CursorRefusedError."""
    last = read_id_cursor(after)
    await set_subscriber(connection, caller.subscriber)
    items = await list_connections(
        connection,
        subscriber_id=caller.subscriber,
        location_ids=list(caller.location_ids) or None,
        after=last,
        limit=limit + 1,
    )
    more = len(items) > limit
    return Page(items=items[:limit], next=page_cursor(str(items[limit - 1].connection_id)) if more else None)
