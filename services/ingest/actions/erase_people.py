"""Erases the people of one order, at one business or at every one, and keeps them out of what sources send later (S-036, I19)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.deps import Deps
from services.ingest.store.cards import open_person
from services.ingest.store.child_rows import GONE
from services.ingest.store.erasing import (
    blank_people,
    blank_points,
    find_at_address,
    find_erasure,
    find_owners,
    find_person,
    find_same,
    is_reached_by_guardian,
    keep_erasure,
)
from services.ingest.store.erasure_tables import PLATFORM
from services.ingest.store.row_keys import SubscriberKeys
from shared.kit.crypto import keyed_hash
from shared.schemas.address import AddressKeys, AddressRefusedError, canonical_address
from shared.schemas.privacy_cases import EraseOrder


async def erase_people(deps: Deps, connection: AsyncConnection, *, order: EraseOrder, now: datetime) -> int:
    """Return how many rows were blanked or removed; an order carried out before changes nothing, though its person may have come back since.

    Without `person_id` everybody whose own address it is; with it that person alone, and only if they are reached there: at their own address,
    a flagged one too, or through their guardian. Then the address keeps others out only if nobody else lives at it.
    """
    owner = order.subscriber_id or PLATFORM
    known = await find_erasure(connection, owner, order.entry_id)
    if known is not None:
        return known
    records, keeps_out = 0, order.person_id is None
    if order.address_key is not None:
        owners = [order.subscriber_id] if order.subscriber_id else await find_owners(connection, order.address_key)
        for subscriber_id in owners:
            erased, is_alone = await _erase_at(deps, connection, subscriber_id, order.address_key, order)
            records, keeps_out = records + erased, keeps_out or is_alone
    await keep_erasure(connection, owner, order, keeps_out=keeps_out, records=records, now=now)
    return records


async def _erase_at(
    deps: Deps, connection: AsyncConnection, subscriber_id: UUID, address_key: str, order: EraseOrder
) -> tuple[int, bool]:
    """Erase at one business; return the rows, and whether a named person was the only one at the address."""
    keys = await deps.row_keys.of(deps.worker_db, subscriber_id)
    gone = keyed_hash(keys.contents, GONE)
    residents = await find_at_address(connection, subscriber_id, address_key)
    wanted = residents
    if order.person_id is not None:
        person = await find_person(connection, subscriber_id, order.person_id)
        reached = person is not None and await _is_reached(
            connection, person, subscriber_id, address_key, keys, deps.address_keys
        )
        wanted = [order.person_id] if reached else []
    ids = await find_same(connection, subscriber_id, wanted)
    is_alone = bool(wanted) and set(residents) <= set(ids)
    records = 0
    if ids:
        records = await blank_people(connection, subscriber_id, ids, entry_id=order.entry_id, gone=gone)
    if order.person_id is None or is_alone:
        records += await blank_points(connection, subscriber_id, address_key, gone=gone)
    return records, is_alone


async def _is_reached(
    connection: AsyncConnection,
    person: Any,
    subscriber_id: UUID,
    address_key: str,
    keys: SubscriberKeys,
    address_keys: AddressKeys,
) -> bool:
    if person.address_key == address_key:
        return True
    try:
        own = address_keys.all_keys_of(canonical_address(open_person(person, keys).address).folded)
    except AddressRefusedError:
        own = []
    return address_key in own or await is_reached_by_guardian(
        connection, subscriber_id, person.guardian_id, address_key
    )
