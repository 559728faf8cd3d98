"""Makes a connection its location's primary: from now on its bookings and due dates count, and those of the one before do not (N-89)."""

from uuid import UUID

from services.ingest.actions.lock_connection import lock_connection
from services.ingest.deps import Deps
from services.ingest.store.ahead import tell_what_lies_ahead
from services.ingest.store.connections import name_primary
from shared.kit.auth import Caller
from shared.schemas.ingest import Connection


async def make_primary(deps: Deps, *, caller: Caller, connection_id: UUID, version: int) -> Connection:
    """Return the connection; one that is the primary already stays as it is.

    Raises ConnectionUnknownError, ConnectionEndedError, VersionMismatchError.
    """
    owner, now = caller.subscriber, deps.clock.now()
    async with deps.api_db.transaction(owner) as connection:
        found = await lock_connection(connection, caller=caller, connection_id=connection_id, version=version)
        if found.is_primary:
            return found
        place = {"subscriber_id": owner, "location_id": found.location_id}
        made, before = await name_primary(connection, **place, connection_id=connection_id)
        await tell_what_lies_ahead(connection, subscriber_id=owner, connection_ids=[connection_id, *before], now=now)
    return made
