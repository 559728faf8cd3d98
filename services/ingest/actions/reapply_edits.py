"""After a source has changed people: edits of the front desk that still stand are put over its values, the others are forgotten (S-123)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.address_choice import AddressRules
from services.ingest.domain.batch import Source
from services.ingest.domain.conflict import edit_stands
from services.ingest.domain.person_edit import CONFIRMED, state_of, values_of
from services.ingest.store.cards import open_person
from services.ingest.store.edits import drop_edits, has_edits, lock_consumer, read_edits, save_consumer
from services.ingest.store.row_keys import SubscriberKeys
from services.ingest.store.staging import raw_of
from shared.kit.crypto import keyed_hash
from shared.schemas.address import AddressKeys


async def reapply_edits(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    people: str,
    source: Source,
    keys: SubscriberKeys,
    address_keys: AddressKeys,
    rules: AddressRules,
) -> None:
    """Decide every edit of these people (a PostgreSQL array as text), whose rows hold the source's newest values."""
    if not await has_edits(connection, subscriber_id):
        return
    ids = [UUID(found) for found in people.strip("{}").split(",")]
    edits = await read_edits(await raw_of(connection), subscriber_id=subscriber_id, consumer_ids=ids)
    for consumer_id, group in groupby(edits, key=lambda edit: edit.consumer_id):
        row = await lock_consumer(connection, subscriber_id=subscriber_id, consumer_id=consumer_id)
        if row is None:
            continue
        person = open_person(row, keys)
        said = values_of(person, language=row.language, status=row.status)
        standing, overtaken = _weigh(list(group), said, source_at=row.source_updated_at, keys=keys)
        confirmed = standing.pop(CONFIRMED, "")
        if overtaken:
            await drop_edits(connection, subscriber_id=subscriber_id, consumer_id=consumer_id, fields=overtaken)
        values = said | standing
        if values != said or confirmed:
            state = state_of(
                person.foreign_id,
                values,
                rules=rules,
                today=source.today,
                strict=False,
                confirmed=confirmed,
                missing_because=row.address_problem if values["email"] == said["email"] else None,
            )
            await save_consumer(
                connection,
                subscriber_id=subscriber_id,
                consumer_id=consumer_id,
                state=state,
                keys=keys,
                address_keys=address_keys,
                steps=0,
            )


def _weigh(
    edits: Sequence[Any], said: Mapping[str, str], *, source_at: datetime, keys: SubscriberKeys
) -> tuple[dict[str, str], list[str]]:
    """Return the edited values of one person that stand over what the source now says, and the fields where the source has overtaken the edit."""
    standing: dict[str, str] = {}
    overtaken: list[str] = []
    for edit in edits:
        place = f"consumer_edits.sealed:{edit.field}:".encode() + edit.consumer_id.bytes
        edited = keys.cipher.decrypt(bytes(edit.sealed), place).decode()
        if edit.field == CONFIRMED or edit_stands(
            edit.field,
            edited=edited,
            edited_at=edit.edited_at,
            source=said[edit.field],
            source_changed=keyed_hash(keys.contents, f"{edit.field}\x1f{said[edit.field]}".encode())
            != bytes(edit.base_hash),
            source_at=source_at,
        ):
            standing[edit.field] = edited
        else:
            overtaken.append(edit.field)
    return standing, overtaken
