"""Makes a connection: a source of one location, as the front desk knows it."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.batch import LocationUnknownError
from services.ingest.store.connections import insert_connection
from shared.kit.auth import Caller
from shared.kit.db import set_subscriber
from shared.kit.directory import find_fact
from shared.kit.errors import NotAllowedError
from shared.kit.ids import new_id
from shared.schemas.ingest import Connection, ConnectionInput
from shared.schemas.location import LocationFacts


async def create_connection(
    connection: AsyncConnection, *, caller: Caller, wanted: ConnectionInput, now: datetime
) -> Connection:
    """Return the new connection, the location's primary if it is the first.

    Raises LocationUnknownError for a location of nobody or somebody else, NotAllowedError for one this credential does not cover.
    """
    subscriber_id = caller.subscriber
    location = await find_fact(connection, "location", wanted.location_id, LocationFacts)
    if location is None or location.subscriber_id != subscriber_id:
        raise LocationUnknownError
    if not caller.covers(wanted.location_id):
        raise NotAllowedError
    await set_subscriber(connection, subscriber_id)
    made = Connection(**wanted.model_dump(), connection_id=new_id(), created_at=now, last_success_at=None)
    return await insert_connection(connection, subscriber_id=subscriber_id, made=made)
