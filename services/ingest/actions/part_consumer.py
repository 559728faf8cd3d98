"""Undoes a merge, whoever made it: each has the records of their own again, opt-outs stay on both (N-07)."""

from uuid import UUID

from services.ingest.actions.lock_person import lock_person
from services.ingest.deps import Deps
from services.ingest.domain.person_edit import NotMergedError
from services.ingest.store.cards import read_detail
from services.ingest.store.edits import note_history, undo_merges
from services.ingest.store.merging import settle_merges
from services.ingest.store.staging import raw_of
from shared.kit.auth import Caller
from shared.schemas.records import ConsumerDetail


async def part_consumer(deps: Deps, *, caller: Caller, consumer_id: UUID, version: int) -> ConsumerDetail:
    """Return the consumer, on their own again. Raises ConsumerUnknownError, VersionMismatchError, NotMergedError."""
    owner, now = caller.subscriber, deps.clock.now()
    keys = await deps.row_keys.of(deps.api_db, owner)
    key = {"subscriber_id": owner, "consumer_id": consumer_id}
    async with deps.api_db.transaction(owner) as connection:
        raw = await raw_of(connection)
        row = await lock_person(connection, caller=caller, consumer_id=consumer_id, version=version)
        if row.merged_into is None:
            raise NotMergedError
        await undo_merges(connection, **key, now=now)
        await settle_merges(raw, subscriber_id=owner, people=f"{{{consumer_id}}}")
        fields = ["merged_into"]
        await note_history(connection, **key, source="merge", changed_by=caller.name, fields=fields, now=now)
        return await read_detail(raw, **key, keys=keys)
