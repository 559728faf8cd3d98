"""Reading people for a front desk: found by blind terms, page by page by id, with household, history and origin."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_FILTERS: Final = """
    and not c.deleted and c.personal is not null and c.merged_into is null
    and (cast(:locations as uuid[]) is null or c.location_id = any(cast(:locations as uuid[])))
    and (cast(:status as text) is null or c.status = :status)
    and (cast(:has_address as boolean) is null or (c.address_key is not null) = :has_address)
"""
_LIST: Final = text(f"""
select c.* from consumers c where c.subscriber_id = :subscriber and c.id > :after {_FILTERS} order by c.id limit :limit
""")  # noqa: S608 - a constant
_HITS: Final = text(f"""
select c.* from search_terms s
cross join lateral (select * from consumers c where c.subscriber_id = s.subscriber_id and c.id = s.consumer_id {_FILTERS} offset 0) c
where s.subscriber_id = :subscriber and s.term = :term and s.consumer_id > :after
    and not exists (select from unnest(cast(:others as bigint[])) as o (term) where not exists (
        select from search_terms m where m.subscriber_id = :subscriber and m.term = o.term and m.consumer_id = s.consumer_id))
order by s.consumer_id limit :limit
""")  # noqa: S608 - a constant
_FIND: Final = text(
    "select * from consumers where subscriber_id = :subscriber and id = any(cast(:ids as uuid[])) and personal is not null"
)
_HOUSEHOLD: Final = text("""
with me as (select * from consumers where subscriber_id = :subscriber and id = :id), near as (
    select c.id from consumers c join me on c.household_id = me.household_id where c.subscriber_id = :subscriber
    union select s.consumer_id from search_terms s where s.subscriber_id = :subscriber and s.term = :address
    union select me.id from me union select me.guardian_id from me
    union select w.id from consumers w join me on w.guardian_id = me.id where w.subscriber_id = :subscriber
    union select r.related_id from relations r join me on r.consumer_id = me.id where r.subscriber_id = :subscriber and not r.deleted
    union select r.consumer_id from relations r join me on r.related_id = me.id where r.subscriber_id = :subscriber and not r.deleted)
select c.* from near join consumers c on c.subscriber_id = :subscriber and c.id = near.id
where not c.deleted and c.personal is not null and c.merged_into is null
    and (cast(:locations as uuid[]) is null or c.location_id = any(cast(:locations as uuid[])))
order by c.id limit :limit
""")
_RELATIONS: Final = text("""
select consumer_id, related_id, relation from relations
where subscriber_id = :subscriber and consumer_id = any(cast(:ids as uuid[])) and related_id is not null and not deleted and not parked
union select id, guardian_id, 'guardian' from consumers
where subscriber_id = :subscriber and id = any(cast(:ids as uuid[])) and guardian_id is not null
order by 1, 2, 3
""")
_HISTORY: Final = text("""
select position, changed_at, source, changed_by, fields from consumer_history
where subscriber_id = :subscriber and consumer_id = :id and (cast(:before as bigint) is null or position < :before)
order by position desc limit :limit
""")
_ORIGIN: Final = text("""
select c.id, c.location_id, c.first_seen_at, c.source_updated_at, coalesce(k.name, 'front desk') as source,
    coalesce(k.connector, 'front_desk') as connector,
    (select min(o.occurred_at) from source_optouts o where o.subscriber_id = c.subscriber_id and o.person_id = c.id) as refused_at
from consumers c left join connections k on k.subscriber_id = c.subscriber_id and k.connection_id = c.connection_id
where c.subscriber_id = :subscriber and c.id = :id
""")
_PERMISSIONS: Final = text("""
select evidence, occurred_at from consents where subscriber_id = :subscriber and person_id = :id order by occurred_at, evidence
""")
MOST_IN_HOUSEHOLD: Final = 100


async def list_people(connection: AsyncConnection, *, terms: Sequence[int], **filters: Any) -> list[Any]:
    """Return rows by ascending id that meet all terms. `filters`: subscriber, after, locations, status, has_address, limit."""
    if not terms:
        return list(await connection.execute(_LIST, filters))
    return list(await connection.execute(_HITS, filters | {"term": terms[0], "others": list(terms[1:])}))


async def find_people_by_id(connection: AsyncConnection, *, subscriber_id: UUID, ids: Sequence[UUID]) -> list[Any]:
    """Return these people's rows, merged and deleted ones with personal fields too."""
    return list(await connection.execute(_FIND, {"subscriber": subscriber_id, "ids": list(ids)}))


async def find_household(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    consumer_id: UUID,
    address_term: int,
    location_ids: list[UUID] | None,
) -> tuple[list[Any], list[Any]]:
    """Return the people who belong to one, and the relations of all of them."""
    values = {"subscriber": subscriber_id, "id": consumer_id, "address": address_term, "locations": location_ids}
    people = list(await connection.execute(_HOUSEHOLD, values | {"limit": MOST_IN_HOUSEHOLD}))
    ids = [row.id for row in people]
    return people, list(await connection.execute(_RELATIONS, {"subscriber": subscriber_id, "ids": ids}))


async def read_history(
    connection: AsyncConnection, *, subscriber_id: UUID, consumer_id: UUID, before: int | None, limit: int
) -> list[Any]:
    """Return changes, newest first."""
    values = {"subscriber": subscriber_id, "id": consumer_id, "before": before, "limit": limit}
    return list(await connection.execute(_HISTORY, values))


async def read_origin(connection: AsyncConnection, *, subscriber_id: UUID, consumer_id: UUID) -> tuple[Any, list[Any]]:
    """Return where a person's data came from, and the permissions that were told to the ledger."""
    key = {"subscriber": subscriber_id, "id": consumer_id}
    origin = (await connection.execute(_ORIGIN, key)).one()
    return origin, list(await connection.execute(_PERMISSIONS, key))
