"""Keeps the blind terms people are found by: replaced person by person, outside the path of batches."""

import hmac
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.store.row_keys import SubscriberKeys

_READ: Final = text("""
select c.id, c.personal, c.deleted,
    array(select v.id from vehicles v where v.subscriber_id = c.subscriber_id and v.consumer_id = c.id and not v.deleted) as vehicle_ids,
    array(select v.personal from vehicles v where v.subscriber_id = c.subscriber_id and v.consumer_id = c.id and not v.deleted) as vehicles
from consumers c where c.subscriber_id = :subscriber and c.id = any(cast(:ids as uuid[]))
""")
_OWNERS: Final = text("""
select distinct consumer_id from vehicles where subscriber_id = :subscriber and id = any(cast(:ids as uuid[])) and consumer_id is not null
""")
_DROP: Final = text(
    "delete from search_terms where subscriber_id = :subscriber and consumer_id = any(cast(:ids as uuid[]))"
)
_KEEP: Final = text("""
insert into search_terms (subscriber_id, term, consumer_id)
select :subscriber, t.term, t.id from unnest(cast(:terms as bigint[]), cast(:ids as uuid[])) as t (term, id) on conflict do nothing
""")


def blind(keys: SubscriberKeys, term: str) -> int:
    """Return a term's 64 bits, as PostgreSQL's signed bigint."""
    return int.from_bytes(hmac.digest(keys.terms, term.encode(), "sha256")[:8], "big", signed=True)


async def read_searchable(connection: AsyncConnection, *, subscriber_id: UUID, ids: Sequence[UUID]) -> list[Any]:
    """Return people with their vehicles, ciphertext still."""
    return list(await connection.execute(_READ, {"subscriber": subscriber_id, "ids": list(ids)}))


async def owners_of(connection: AsyncConnection, *, subscriber_id: UUID, vehicle_ids: Sequence[UUID]) -> list[UUID]:
    """Return whose vehicles these are."""
    return list(await connection.scalars(_OWNERS, {"subscriber": subscriber_id, "ids": list(vehicle_ids)}))


async def replace_terms(
    connection: AsyncConnection, *, subscriber_id: UUID, people: Sequence[UUID], pairs: Iterable[tuple[int, UUID]]
) -> None:
    """Give people exactly these terms."""
    rows = sorted(pairs)
    await connection.execute(_DROP, {"subscriber": subscriber_id, "ids": list(people)})
    if rows:
        terms, ids = zip(*rows, strict=True)
        await connection.execute(_KEEP, {"subscriber": subscriber_id, "terms": list(terms), "ids": list(ids)})
