"""Finds whom a mailbox stands for at one business, and nobody else: its reader acts for themselves (N-35, L-125)."""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.search_terms import words_of
from services.ingest.store.cards import open_person
from services.ingest.store.erasing import (
    find_at_address,
    find_person,
    find_same,
    find_unmerged,
    is_reached_by_guardian,
)
from services.ingest.store.row_keys import SubscriberKeys
from shared.schemas.address import AddressKeys, AddressRefusedError, canonical_address


class Reached(NamedTuple):
    """`ids`: the rows of whoever is meant; `residents`: everybody whose own address it is; `undecided`: how many share it where none was named."""

    ids: list[UUID]
    residents: list[UUID]
    undecided: int


async def find_reached(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    address_key: str,
    people: Sequence[UUID],
    keys: SubscriberKeys,
    address_keys: AddressKeys,
) -> Reached:
    """Return, with `people` those of them who are reached there: at their own address, a flagged one too, or through their guardian.

    Without, the one person whose own address it is. Rows that a merge says are the same human belong to them (N-06).
    """
    residents = await find_at_address(connection, subscriber_id, address_key)
    wanted = [] if people else residents
    for person_id in people:
        person = await find_person(connection, subscriber_id, person_id)
        if person is not None and await _is_reached(connection, person, subscriber_id, address_key, keys, address_keys):
            wanted.append(person_id)
    ids = await find_same(connection, subscriber_id, wanted)
    humans = 0 if people else _count_humans(await find_unmerged(connection, subscriber_id, ids), keys)
    return Reached([], residents, humans) if humans > 1 else Reached(ids, residents, 0)


def _count_humans(rows: Sequence[Any], keys: SubscriberKeys) -> int:
    """Rows of one name at one address are one person whom two sources know, or the front desk typed in again."""
    people = [open_person(row, keys) for row in rows]
    return len({tuple(words_of(person.first_name, person.last_name)) for person in people})


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
