"""Undoes a merge, whoever made it: each has the records of their own again, opt-outs stay on both (N-07)."""

from uuid import UUID

from services.ingest.actions.show_consumer import show_consumer
from services.ingest.deps import Deps
from services.ingest.domain.person_edit import ConsumerUnknownError, NotMergedError
from services.ingest.store.edits import lock_consumer, note_history, undo_merges
from services.ingest.store.merging import settle_merges
from services.ingest.store.staging import raw_of
from shared.kit.auth import Caller
from shared.schemas.records import ConsumerDetail


async def part_consumer(deps: Deps, *, caller: Caller, consumer_id: UUID) -> ConsumerDetail:
    """Return the consumer, on their own again. Raises ConsumerUnknownError, NotMergedError."""
    owner, now = caller.subscriber, deps.clock.now()
    async with deps.api_db.transaction(owner) as connection:
        row = await lock_consumer(connection, subscriber_id=owner, consumer_id=consumer_id)
        if row is None or not caller.covers(row.location_id):
            raise ConsumerUnknownError
        if row.merged_into is None:
            raise NotMergedError
        await undo_merges(connection, subscriber_id=owner, consumer_id=consumer_id, now=now)
        await settle_merges(await raw_of(connection), subscriber_id=owner, people=f"{{{consumer_id}}}")
        fields, key = ["merged_into"], {"subscriber_id": owner, "consumer_id": consumer_id}
        await note_history(connection, **key, source="merge", changed_by=caller.name, fields=fields, now=now)
    return await show_consumer(deps, caller=caller, consumer_id=consumer_id)
