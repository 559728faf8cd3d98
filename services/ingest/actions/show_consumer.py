"""Shows one consumer with the edits that stand against the source."""

from uuid import UUID

from services.ingest.deps import Deps
from services.ingest.domain.person_edit import ConsumerUnknownError
from services.ingest.store.cards import card_of
from services.ingest.store.edits import read_edits
from services.ingest.store.records import find_people_by_id
from shared.kit.auth import Caller
from shared.schemas.records import ConsumerDetail, FieldEdit


async def show_consumer(deps: Deps, *, caller: Caller, consumer_id: UUID) -> ConsumerDetail:
    """Return the consumer or raise ConsumerUnknownError, the same for foreign, uncovered, deleted and unknown ids (S2)."""
    owner = caller.subscriber
    keys = await deps.row_keys.of(deps.api_db, owner)
    async with deps.api_db.transaction(owner) as connection:
        rows = await find_people_by_id(connection, subscriber_id=owner, ids=[consumer_id])
        if not rows or rows[0].deleted or not caller.covers(rows[0].location_id):
            raise ConsumerUnknownError
        edits = await read_edits(connection, subscriber_id=owner, consumer_ids=[consumer_id])
    shown = [FieldEdit(field=edit.field, edited_at=edit.edited_at, edited_by=edit.edited_by) for edit in edits]
    return ConsumerDetail(**card_of(rows[0], keys).model_dump(), edits=shown)
