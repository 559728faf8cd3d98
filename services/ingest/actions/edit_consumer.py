"""Edits a consumer at the front desk: effective at once, kept against the source by the rules of domain/conflict.py (S-120, S-123)."""

from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.actions.index_people import index_people
from services.ingest.actions.refuse_erased import refuse_erased
from services.ingest.actions.show_consumer import show_consumer
from services.ingest.deps import Deps
from services.ingest.domain.person_edit import (
    CONFIRMED,
    FIELDS,
    ConsumerMergedError,
    ConsumerUnknownError,
    state_of,
    values_of,
)
from services.ingest.store.business import address_rules
from services.ingest.store.cards import open_person
from services.ingest.store.consents import announce_consents
from services.ingest.store.edits import (
    keep_edit,
    lock_consumer,
    note_history,
    read_edits,
    save_consumer,
    tell_of_consumer,
)
from services.ingest.store.erasing import write_beside
from services.ingest.store.row_keys import SubscriberKeys
from services.ingest.store.staging import look_up_by_key, raw_of
from shared.kit.auth import Caller
from shared.kit.crypto import keyed_hash
from shared.kit.errors import VersionMismatchError
from shared.schemas.records import ConsumerDetail, ConsumerEdit


async def edit_consumer(
    deps: Deps, *, caller: Caller, consumer_id: UUID, version: int, edit: ConsumerEdit
) -> ConsumerDetail:
    """Return the consumer as edited; what is equal already is no edit.

    Raises ConsumerUnknownError, ConsumerMergedError, VersionMismatchError, AddressUnusableError, AddressErasedError.
    """
    owner, now = caller.subscriber, deps.clock.now()
    keys = await deps.row_keys.of(deps.api_db, owner)
    key: dict[str, Any] = {"subscriber_id": owner, "consumer_id": consumer_id}
    async with deps.api_db.transaction(owner) as connection:
        await write_beside(connection)
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
        rules = await address_rules(connection, owner, row.location_id)
        confirmed = wanted["email"] if edit.confirm_email else await _confirmed(connection, keys, **key)
        strict = wanted["email"] != before["email"]
        state = state_of(
            person.foreign_id,
            wanted,
            rules=rules,
            today=now.date(),
            strict=strict,
            confirmed=confirmed,
            missing_because=None if strict else row.address_problem,
        )
        if strict:
            await refuse_erased(connection, subscriber_id=owner, address=state.address, address_keys=deps.address_keys)
        after = values_of(state.person, language=state.language, status=state.status)
        changed = [field for field in FIELDS if after[field] != before[field]]
        if edit.confirm_email and row.address_problem is not None and state.address is not None:
            changed.append(CONFIRMED)
            after, before = after | {CONFIRMED: after["email"]}, before | {CONFIRMED: ""}
        for field in changed:
            sealed = keys.cipher.encrypt(after[field].encode(), _place(field, consumer_id))
            base = keyed_hash(keys.contents, f"{field}\x1f{before[field]}".encode())
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


def _place(field: str, consumer_id: UUID) -> bytes:
    return f"consumer_edits.sealed:{field}:".encode() + consumer_id.bytes


async def _confirmed(
    connection: AsyncConnection, keys: SubscriberKeys, *, subscriber_id: UUID, consumer_id: UUID
) -> str:
    """Return the address that was confirmed earlier, or nothing."""
    for kept in await read_edits(connection, subscriber_id=subscriber_id, consumer_ids=[consumer_id]):
        if kept.field == CONFIRMED:
            return keys.cipher.decrypt(bytes(kept.sealed), _place(CONFIRMED, consumer_id)).decode()
    return ""
