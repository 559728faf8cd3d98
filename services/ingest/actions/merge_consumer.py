"""Merges a consumer into another at the front desk (N-06)."""

from uuid import UUID

from services.ingest.actions.lock_person import lock_person
from services.ingest.deps import Deps
from services.ingest.domain.person_edit import ConsumerMergedError, ConsumerUnknownError
from services.ingest.store.cards import read_detail
from services.ingest.store.edits import keep_merge, note_history
from services.ingest.store.erasing import write_beside
from services.ingest.store.merging import settle_merges, spread_optouts
from services.ingest.store.records import find_person
from services.ingest.store.staging import raw_of
from shared.kit.auth import Caller
from shared.kit.crypto import keyed_id
from shared.kit.ids import new_id
from shared.schemas.records import ConsumerDetail


async def merge_consumer(deps: Deps, *, caller: Caller, consumer_id: UUID, version: int, into: UUID) -> ConsumerDetail:
    """Return the merged consumer; its opt-outs are the other's too, for good.

    Raises ConsumerUnknownError, VersionMismatchError, ConsumerMergedError.
    """
    owner, now = caller.subscriber, deps.clock.now()
    keys = await deps.row_keys.of(deps.api_db, owner)
    key = {"subscriber_id": owner, "consumer_id": consumer_id}
    async with deps.api_db.transaction(owner) as connection:
        await write_beside(connection)
        raw = await raw_of(connection)
        row = await lock_person(connection, caller=caller, consumer_id=consumer_id, version=version)
        stays = await find_person(raw, subscriber_id=owner, consumer_id=into)
        if stays is None or stays.deleted or not caller.covers(stays.location_id):
            raise ConsumerUnknownError
        if row.merged_into is not None or stays.merged_into is not None or into == consumer_id:
            raise ConsumerMergedError
        merge_id = keyed_id(keys.ids, "front_desk", "merge", consumer_id)
        await keep_merge(connection, subscriber_id=owner, row=row, merge_id=merge_id, into_id=into, now=now)
        people = f"{{{consumer_id}}}"
        await settle_merges(raw, subscriber_id=owner, people=people)
        await spread_optouts(raw, subscriber_id=owner, people=people, batch_id=new_id())
        fields = ["merged_into"]
        await note_history(connection, **key, source="merge", changed_by=caller.name, fields=fields, now=now)
        return await read_detail(raw, **key, keys=keys)
