"""Lists the health of a caller's connections, in the order they were made."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.actions.judge_sources import judge_sources
from services.ingest.actions.list_own_connections import list_own_connections
from shared.kit.auth import Caller
from shared.schemas.sync_health import SourceHealth
from shared.schemas.wire import Page


async def list_source_health(
    connection: AsyncConnection, *, caller: Caller, after: str | None, limit: int, now: datetime
) -> Page[SourceHealth]:
    """Return a page. Raises CursorRefusedError."""
    page = await list_own_connections(connection, caller=caller, after=after, limit=limit)
    items = await judge_sources(connection, subscriber_id=caller.subscriber, found=page.items, now=now)
    return Page(items=items, next=page.next)
