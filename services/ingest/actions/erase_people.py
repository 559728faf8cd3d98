"""Erases the people of one order, at one business or at every one, and keeps them out of what sources send later (S-036, I19)."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.actions.find_reached import find_reached
from services.ingest.deps import Deps
from services.ingest.domain.same_person import kept_descriptions
from services.ingest.store.child_rows import GONE
from services.ingest.store.erasing import (
    blank_people,
    blank_points,
    find_erasure,
    find_owners,
    find_same,
    keep_erasure,
    remember_erased,
)
from services.ingest.store.erasure_tables import PLATFORM
from services.ingest.store.namesakes import find_namesakes, open_people, person_keys
from shared.kit.crypto import keyed_hash
from shared.schemas.privacy_cases import EraseOrder


async def erase_people(deps: Deps, connection: AsyncConnection, *, order: EraseOrder, now: datetime) -> tuple[int, int]:
    """Return how many rows were blanked or removed, and how many people were left alone because the order does not say which of them it means.

    An order carried out before changes nothing, though its person may have come back since. Without `person_id` it means the one person whose own
    address it is: where several share it, nobody is erased (N-35). With it that person alone, and only if they are reached there: at their own
    address, a flagged one too, or through their guardian. With them go the rows in which any source or front desk tells of the same human (N-89). The
    address keeps others out unless somebody who was not erased lives at it; who is the same human is kept out wherever they come from.
    """
    owner = order.subscriber_id or PLATFORM
    known = await find_erasure(connection, owner, order.entry_id)
    if known is not None:
        return known
    records = undecided = 0
    is_alone = order.person_id is None
    if order.address_key is not None:
        owners = [order.subscriber_id] if order.subscriber_id else await find_owners(connection, order.address_key)
        found = [await _erase_at(deps, connection, each, order.address_key, order) for each in owners]
        records, undecided = sum(each.records for each in found), sum(each.undecided for each in found)
        is_alone = not undecided and (is_alone or any(each.is_alone for each in found))
    await keep_erasure(connection, owner, order, keeps_out=is_alone, records=records, undecided=undecided, now=now)
    return records, undecided


class _Erased(NamedTuple):
    """What an order did at one business; `is_alone`: nobody else lives at the address."""

    records: int
    undecided: int
    is_alone: bool


async def _erase_at(
    deps: Deps, connection: AsyncConnection, subscriber_id: UUID, address_key: str, order: EraseOrder
) -> _Erased:
    keys = await deps.row_keys.of(deps.api_db, subscriber_id)
    gone = keyed_hash(keys.contents, GONE)
    reached = await find_reached(
        connection,
        subscriber_id=subscriber_id,
        address_key=address_key,
        people=[order.person_id] if order.person_id else [],
        keys=keys,
        address_keys=deps.address_keys,
    )
    if reached.undecided:
        return _Erased(0, reached.undecided, is_alone=False)
    people = list((await open_people(connection, subscriber_id, reached.ids, keys)).values())
    alike = await find_namesakes(connection, subscriber_id, people, keys)
    ids = await find_same(connection, subscriber_id, [*reached.ids, *alike])
    is_alone = bool(ids) and set(reached.residents) <= set(ids)
    records = 0
    if ids:
        people = list((await open_people(connection, subscriber_id, ids, keys)).values())
        described = [description for person in people for description in kept_descriptions(person)]
        await remember_erased(connection, subscriber_id, person_keys(described, keys), entry_id=order.entry_id)
        records = await blank_people(connection, subscriber_id, ids, entry_id=order.entry_id, gone=gone)
    if order.person_id is None or is_alone:
        records += await blank_points(connection, subscriber_id, address_key, gone=gone)
    return _Erased(records, 0, is_alone)
