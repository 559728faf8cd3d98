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
_REPLACE: Final = text("""
with wanted as materialized (
    select t.term, t.id from unnest(cast(:terms as bigint[]), cast(:ids as uuid[])) as t (term, id)
), gone as (
    delete from search_terms where subscriber_id = :subscriber and consumer_id = any(cast(:people as uuid[]))
        and (term, consumer_id) not in (select term, id from wanted)
)
insert into search_terms (subscriber_id, term, consumer_id) select :subscriber, term, id from wanted on conflict do nothing
""")
"""What stays is not touched. `not in` is looked up in a hash, whatever the planner thinks of the number of terms."""


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
    values = {"subscriber": subscriber_id, "people": list(people)}
    wanted = {"terms": [term for term, _ in rows], "ids": [consumer_id for _, consumer_id in rows]}
    await connection.execute(_REPLACE, values | wanted)
