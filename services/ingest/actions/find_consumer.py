"""Finds a consumer by the source's own key, because a front desk knows its own numbers and every other service knows ours only."""

from uuid import UUID

from services.ingest.deps import Deps
from services.ingest.domain.batch import ConnectionUnknownError
from services.ingest.store.connections import find_connection
from services.ingest.store.facts import read_facts
from shared.kit.auth import Caller
from shared.kit.crypto import keyed_id
from shared.schemas.ingest import ConsumerFacts


async def find_consumer(deps: Deps, *, caller: Caller, connection_id: UUID, foreign_id: str) -> ConsumerFacts | None:
    """Return the consumer or None. Raises ConnectionUnknownError, the same for foreign, uncovered and unknown connections (S2)."""
    keys = await deps.row_keys.of(deps.api_db, caller.subscriber)
    async with deps.api_db.transaction(caller.subscriber) as connection:
        source = await find_connection(connection, subscriber_id=caller.subscriber, connection_id=connection_id)
        if source is None or not caller.covers(source.location_id):
            raise ConnectionUnknownError
        consumer_id = keyed_id(keys.ids, connection_id, "consumer", foreign_id)
        wanted = [(caller.subscriber, consumer_id)]
        found = await read_facts(connection, kind="consumer", wanted=wanted, today=deps.clock.now().date())
    return ConsumerFacts.model_validate(found[consumer_id]) if consumer_id in found else None
