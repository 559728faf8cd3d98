"""Locks a connection for an edit that was made on one of its versions."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.batch import ConnectionEndedError, ConnectionUnknownError
from services.ingest.store.connections import lock_source
from shared.kit.auth import Caller
from shared.kit.errors import VersionMismatchError
from shared.schemas.ingest import Connection


async def lock_connection(
    connection: AsyncConnection, *, caller: Caller, connection_id: UUID, version: int
) -> Connection:
    """Return it as it is before the edit. Raises ConnectionUnknownError, ConnectionEndedError, VersionMismatchError."""
    found = await lock_source(connection, subscriber_id=caller.subscriber, connection_id=connection_id)
    if found is None or not caller.covers(found.location_id):
        raise ConnectionUnknownError
    if found.ended_at is not None:
        raise ConnectionEndedError
    if found.version != version:
        raise VersionMismatchError
    return found
