"""Ends a connection for good: nothing comes from it and nothing of it falls due any more; what it brought stays readable."""

from uuid import UUID

from services.ingest.actions.lock_connection import lock_connection
from services.ingest.deps import Deps
from services.ingest.store.batches import end_batches
from services.ingest.store.connections import end_source
from services.ingest.store.ending import tell_what_ends
from services.ingest.store.write_backs import end_write_backs
from shared.kit.auth import Caller
from shared.schemas.ingest import Connection


async def end_connection(deps: Deps, *, caller: Caller, connection_id: UUID, version: int) -> Connection:
    """Return the connection as it ended. Batches under way and snapshots in quarantine end with it, its pushes' secrets are good no more.

    Raises ConnectionUnknownError, ConnectionEndedError, VersionMismatchError.
    """
    owner, now = caller.subscriber, deps.clock.now()
    key = {"subscriber_id": owner, "connection_id": connection_id}
    async with deps.api_db.transaction(owner) as connection:
        await end_batches(connection, **key, by=caller.name, now=now)  # first, as a batch that ends itself does it
        await lock_connection(connection, caller=caller, connection_id=connection_id, version=version)
        ended = await end_source(connection, **key, now=now)
        await end_write_backs(connection, **key, now=now)
        await tell_what_ends(connection, **key, now=now)
    return ended
