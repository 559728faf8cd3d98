"""Shows how well one connection keeps us up to date (S-121)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.actions.judge_sources import judge_sources
from services.ingest.actions.show_connection import show_connection
from shared.kit.auth import Caller
from shared.schemas.sync_health import SourceHealth


async def show_source_health(
    connection: AsyncConnection, *, caller: Caller, connection_id: UUID, now: datetime
) -> SourceHealth:
    """Return it or raise ConnectionUnknownError."""
    found = await show_connection(connection, caller=caller, connection_id=connection_id)
    (health,) = await judge_sources(connection, subscriber_id=caller.subscriber, found=[found], now=now)
    return health
