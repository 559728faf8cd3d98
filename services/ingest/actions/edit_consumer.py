"""Edits a consumer at the front desk: effective at once, kept against the source by the rules of domain/conflict.py (S-120, S-123)."""

from typing import Any
from uuid import UUID

from services.ingest.actions.index_people import index_people
from services.ingest.actions.show_consumer import show_consumer
from services.ingest.deps import Deps
from services.ingest.domain.person_edit import (
    FIELDS,
    ConsumerMergedError,
    ConsumerUnknownError,
    state_of,
    values_of,
)
from services.ingest.store.business import own_addresses
from services.ingest.store.cards import open_person
from services.ingest.store.consents import announce_consents
from services.ingest.store.edits import keep_edit, lock_consumer, note_history, save_consumer, tell_of_consumer
from services.ingest.store.staging import look_up_by_key, raw_of
from shared.kit.auth import Caller
from shared.kit.crypto import keyed_hash
from shared.kit.errors import VersionMismatchError
from shared.schemas.records import ConsumerDetail, ConsumerEdit


async def edit_consumer(
    deps: Deps, *, caller: Caller, consumer_id: UUID, version: int, edit: ConsumerEdit
) -> ConsumerDetail:
    """Return the consumer as edited; what is equal already is no edit.

    Raises ConsumerUnknownError, ConsumerMergedError, VersionMismatchError, AddressUnusableError.
    """
    owner, now = caller.subscriber, deps.clock.now()
    keys = await deps.row_keys.of(deps.api_db, owner)
    key: dict[str, Any] = {"subscriber_id": owner, "consumer_id": consumer_id}
    async with deps.api_db.transaction(owner) as connection:
        row = await lock_consumer(connection, **key)
        if row is None or not caller.covers(row.location_id):
            raise ConsumerUnknownError
        if row.merged_into is not None:
            raise ConsumerMergedError
        if row.version != version:
            raise VersionMismatchError
        person = open_person(row, keys)
        before = values_of(person, language=row.language, status=row.status)
        asked = edit.model_dump(mode="json", exclude_unset=True, include=set(FIELDS))
        wanted = before | {field: (value or "").strip() for field, value in asked.items()}
        wanted["status"] = wanted["status"] or before["status"]
        own = await own_addresses(connection, owner)
        strict = wanted["email"] != before["email"]
        state = state_of(person.foreign_id, wanted, own_addresses=own, today=now.date(), strict=strict)
        if not strict and state.address is None:
            state = state_of(person.foreign_id, wanted, own_addresses=frozenset(), today=now.date(), strict=False)
        after = values_of(state.person, language=state.language, status=state.status)
        changed = [field for field in FIELDS if after[field] != before[field]]
        for field in changed:
            place = f"consumer_edits.sealed:{field}:".encode() + consumer_id.bytes
            sealed, base = keys.cipher.encrypt(after[field].encode(), place), _hash(keys.contents, field, before[field])
            await keep_edit(
                connection, **key, field=field, sealed=sealed, base_hash=base, edited_by=caller.name, now=now
            )
        if changed:
            await save_consumer(connection, **key, state=state, keys=keys, address_keys=deps.address_keys)
            await tell_of_consumer(connection, **key)
            await note_history(connection, **key, source="front_desk", changed_by=caller.name, fields=changed, now=now)
            await index_people(connection, subscriber_id=owner, keys=keys, ids=[consumer_id])
            raw = await raw_of(connection)
            await look_up_by_key(raw)
            await announce_consents(raw, subscriber_id=owner, people=f"{{{consumer_id}}}", now=now)
    return await show_consumer(deps, caller=caller, consumer_id=consumer_id)


def _hash(key: bytes, field: str, value: str) -> bytes:
    return keyed_hash(key, f"{field}\x1f{value}".encode())
