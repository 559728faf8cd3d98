"""Shows one consumer with the edits that stand against the source."""

from uuid import UUID

from services.ingest.deps import Deps
from services.ingest.domain.person_edit import ConsumerUnknownError
from services.ingest.store.cards import read_detail
from shared.kit.auth import Caller
from shared.schemas.records import ConsumerDetail


async def show_consumer(deps: Deps, *, caller: Caller, consumer_id: UUID) -> ConsumerDetail:
    """Return the consumer or raise ConsumerUnknownError, the same for foreign, uncovered, deleted and unknown ids (S2)."""
    owner = caller.subscriber
    keys = await deps.row_keys.of(deps.api_db, owner)
    async with deps.api_db.reading(owner) as connection:
        found = await read_detail(connection, subscriber_id=owner, consumer_id=consumer_id, keys=keys)
    if not caller.covers(found.location_id):
        raise ConsumerUnknownError
    return found
