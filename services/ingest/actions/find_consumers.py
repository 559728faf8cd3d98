"""Finds consumers by the source's own keys, because a front desk knows its own numbers and every other service knows ours only."""

from collections.abc import Sequence
from uuid import UUID

from services.ingest.deps import Deps
from services.ingest.domain.batch import ConnectionUnknownError
from services.ingest.store.connections import find_connection
from services.ingest.store.facts import read_facts
from shared.kit.auth import Caller
from shared.kit.crypto import keyed_id
from shared.schemas.ingest import FoundConsumer


async def find_consumers(
    deps: Deps, *, caller: Caller, connection_id: UUID, foreign_ids: Sequence[str]
) -> list[FoundConsumer]:
    """Return those there are, in the order asked. Raises ConnectionUnknownError, the same for foreign, uncovered and unknown ones (S2)."""
    keys = await deps.row_keys.of(deps.api_db, caller.subscriber)
    ids = {keyed_id(keys.ids, connection_id, "consumer", foreign_id): foreign_id for foreign_id in foreign_ids}
    async with deps.api_db.transaction(caller.subscriber) as connection:
        source = await find_connection(connection, subscriber_id=caller.subscriber, connection_id=connection_id)
        if source is None or not caller.covers(source.location_id):
            raise ConnectionUnknownError
        wanted = [(caller.subscriber, consumer_id) for consumer_id in ids]
        found = await read_facts(connection, kind="consumer", wanted=wanted, today=deps.clock.now().date())
    return [
        FoundConsumer.model_validate(found[consumer_id] | {"foreign_id": foreign_id})
        for consumer_id, foreign_id in ids.items()
        if consumer_id in found
    ]
