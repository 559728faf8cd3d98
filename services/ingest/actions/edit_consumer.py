"""Edits a consumer at the front desk: effective at once, kept against the source by the rules of domain/conflict.py (S-120, S-123)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.actions.index_people import index_people
from services.ingest.actions.lock_person import lock_person
from services.ingest.actions.refuse_erased import refuse_erased
from services.ingest.deps import Deps
from services.ingest.domain.person_edit import (
    CONFIRMED,
    FIELDS,
    ConsumerMergedError,
    PersonState,
    state_of,
    values_of,
)
from services.ingest.store.business import address_rules
from services.ingest.store.cards import open_person, read_detail
from services.ingest.store.consents import announce_consents
from services.ingest.store.edits import (
    keep_edits,
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
from shared.schemas.records import ConsumerDetail, ConsumerEdit

_NEVER_SEARCHED: Final = {"birth_on", "language", "status", CONFIRMED}
_CHANGE_PERMISSION: Final = {"email", "birth_on", CONFIRMED}
"""Edits after which a mailbox is written to that had no permission on file yet: another one, or a former minor's own."""


@dataclass(frozen=True, slots=True)
class _Edit:
    """What an edit comes to: values by field before and after, which of them changed, and what the row then holds."""

    before: Mapping[str, str]
    after: Mapping[str, str]
    changed: list[str]
    state: PersonState


async def edit_consumer(
    deps: Deps, *, caller: Caller, consumer_id: UUID, version: int, edit: ConsumerEdit
) -> ConsumerDetail:
    """Return the consumer as edited, of the same transaction; what is equal already is no edit.

    Raises ConsumerUnknownError, ConsumerMergedError, VersionMismatchError, AddressUnusableError, AddressErasedError.
    """
    owner, now = caller.subscriber, deps.clock.now()
    keys = await deps.row_keys.of(deps.api_db, owner)
    key = {"subscriber_id": owner, "consumer_id": consumer_id}
    async with deps.api_db.transaction(owner) as connection:
        await write_beside(connection)
        row = await lock_person(connection, caller=caller, consumer_id=consumer_id, version=version)
        if row.merged_into is not None:
            raise ConsumerMergedError
        made = await _weigh(deps, connection, row, edit, keys=keys, now=now)
        if made.changed:
            await _keep(deps, connection, made, **key, keys=keys, caller=caller, now=now)
        return await read_detail(await raw_of(connection), **key, keys=keys)


async def _weigh(
    deps: Deps, connection: AsyncConnection, row: Any, edit: ConsumerEdit, *, keys: SubscriberKeys, now: datetime
) -> _Edit:
    person = open_person(row, keys)
    before = values_of(person, language=row.language, status=row.status)
    asked = edit.model_dump(mode="json", exclude_unset=True, include=set(FIELDS))
    wanted = before | {field: (value or "").strip() for field, value in asked.items()}
    wanted["status"] = wanted["status"] or before["status"]
    strict = wanted["email"] != before["email"]
    state = state_of(
        person.foreign_id,
        wanted,
        rules=await address_rules(connection, row.subscriber_id, row.location_id),
        today=now.date(),
        strict=strict,
        confirmed=wanted["email"] if edit.confirm_email else await _confirmed(connection, row, keys),
        missing_because=None if strict else row.address_problem,
    )
    if strict:
        erased = {"subscriber_id": row.subscriber_id, "address_keys": deps.address_keys}
        await refuse_erased(connection, address=state.address, **erased)
    after = values_of(state.person, language=state.language, status=state.status)
    changed = [field for field in FIELDS if after[field] != before[field]]
    if edit.confirm_email and row.address_problem is not None and state.address is not None:
        changed.append(CONFIRMED)
        after, before = after | {CONFIRMED: after["email"]}, before | {CONFIRMED: ""}
    return _Edit(before, after, changed, state)


async def _confirmed(connection: AsyncConnection, row: Any, keys: SubscriberKeys) -> str:
    """Return the address that was confirmed earlier, or nothing."""
    raw = await raw_of(connection)
    for kept in await read_edits(raw, subscriber_id=row.subscriber_id, consumer_ids=[row.id]):
        if kept.field == CONFIRMED:
            return keys.cipher.decrypt(bytes(kept.sealed), _place(CONFIRMED, row.id)).decode()
    return ""


async def _keep(
    deps: Deps,
    connection: AsyncConnection,
    made: _Edit,
    *,
    subscriber_id: UUID,
    consumer_id: UUID,
    keys: SubscriberKeys,
    caller: Caller,
    now: datetime,
) -> None:
    key: dict[str, Any] = {"subscriber_id": subscriber_id, "consumer_id": consumer_id}
    edits = [
        (
            field,
            keys.cipher.encrypt(made.after[field].encode(), _place(field, consumer_id)),
            keyed_hash(keys.contents, f"{field}\x1f{made.before[field]}".encode()),
        )
        for field in made.changed
    ]
    await keep_edits(connection, **key, edits=edits, edited_by=caller.name, now=now)
    await save_consumer(connection, **key, state=made.state, keys=keys, address_keys=deps.address_keys)
    await tell_of_consumer(connection, **key)
    await note_history(connection, **key, source="front_desk", changed_by=caller.name, fields=made.changed, now=now)
    if not _NEVER_SEARCHED.issuperset(made.changed):
        await index_people(connection, subscriber_id=subscriber_id, keys=keys, ids=[consumer_id])
    if not _CHANGE_PERMISSION.isdisjoint(made.changed):
        raw = await raw_of(connection)
        await look_up_by_key(raw)
        await announce_consents(raw, subscriber_id=subscriber_id, people=f"{{{consumer_id}}}", now=now)


def _place(field: str, consumer_id: UUID) -> bytes:
    return f"consumer_edits.sealed:{field}:".encode() + consumer_id.bytes
