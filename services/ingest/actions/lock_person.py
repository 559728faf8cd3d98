"""Locks a consumer for an edit that was made on one of their versions."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.person_edit import ConsumerUnknownError
from services.ingest.store.edits import lock_consumer
from shared.kit.auth import Caller
from shared.kit.errors import VersionMismatchError


async def lock_person(connection: AsyncConnection, *, caller: Caller, consumer_id: UUID, version: int) -> Any:
    """Return their row. Raises ConsumerUnknownError, the same for foreign, uncovered and unknown ids, VersionMismatchError."""
    row = await lock_consumer(connection, subscriber_id=caller.subscriber, consumer_id=consumer_id)
    if row is None or not caller.covers(row.location_id):
        raise ConsumerUnknownError
    if row.version != version:
        raise VersionMismatchError
    return row
