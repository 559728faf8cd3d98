"""Shows one connection with its sync health, thin: when it last delivered and how often it should (S-121)."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.batch import ConnectionUnknownError
from services.ingest.store.connections import find_connection
from shared.kit.auth import Caller
from shared.kit.db import set_subscriber
from shared.schemas.ingest import Connection


async def show_connection(connection: AsyncConnection, *, caller: Caller, connection_id: UUID) -> Connection:
    """Return it or raise ConnectionUnknownError, the same for foreign, uncovered and unknown ids (S2)."""
    await set_subscriber(connection, caller.subscriber)
    found = await find_connection(connection, subscriber_id=caller.subscriber, connection_id=connection_id)
    if found is None or not caller.covers(found.location_id):
        raise ConnectionUnknownError
    return found
