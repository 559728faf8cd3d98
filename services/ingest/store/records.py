"""Reading people for a front desk: found by blind terms, page by page by id, with household, history and origin."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.db import RawConnection, Row

_FILTERS: Final = """
    and not c.deleted and c.personal is not null and c.merged_into is null
    and ($3::uuid[] is null or c.location_id = any($3)) and ($4::text is null or c.status = $4)
    and ($5::boolean is null or (c.address_key is not null) = $5)
"""
_LIST: Final = f"""
select c.* from consumers c where c.subscriber_id = $1 and c.id > $2 {_FILTERS} order by c.id limit $6
"""  # noqa: S608 - a constant
_HITS: Final = f"""
select c.* from search_terms s
cross join lateral (select * from consumers c where c.subscriber_id = s.subscriber_id and c.id = s.consumer_id {_FILTERS} offset 0) c
where s.subscriber_id = $1 and s.term = $7 and s.consumer_id > $2
    and not exists (select from unnest($8::bigint[]) as o (term) where not exists (
        select from search_terms m where m.subscriber_id = $1 and m.term = o.term and m.consumer_id = s.consumer_id))
order by s.consumer_id limit $6
"""  # noqa: S608 - a constant
_FIND: Final = "select * from consumers where subscriber_id = $1 and id = $2 and personal is not null"
_PRESENT: Final = "not c.deleted and c.personal is not null and c.merged_into is null"
_OF_SOURCE: Final = f"""
select c.* from consumers c where c.subscriber_id = $1 and c.connection_id = $2 and c.id > $3 and {_PRESENT} order by c.id limit $4
"""  # noqa: S608 - a constant
_PEOPLE: Final = f"""
select c.* from consumers c
where c.subscriber_id = $1 and c.id = any($2::uuid[]) and {_PRESENT} and ($3::uuid[] is null or c.location_id = any($3)) order by c.id
"""  # noqa: S608 - a constant
_HOUSEHOLD: Final = """
with me as (select * from consumers where subscriber_id = $1 and id = $2), near as (
    select c.id from consumers c join me on c.household_id = me.household_id where c.subscriber_id = $1
    union select s.consumer_id from search_terms s where s.subscriber_id = $1 and s.term = $3
    union select me.id from me union select me.guardian_id from me
    union select w.id from consumers w join me on w.guardian_id = me.id where w.subscriber_id = $1
    union select r.related_id from relations r join me on r.consumer_id = me.id where r.subscriber_id = $1 and not r.deleted
    union select r.consumer_id from relations r join me on r.related_id = me.id where r.subscriber_id = $1 and not r.deleted)
select c.* from near join consumers c on c.subscriber_id = $1 and c.id = near.id
where not c.deleted and c.personal is not null and c.merged_into is null and ($4::uuid[] is null or c.location_id = any($4))
order by c.id limit $5
"""
_RELATIONS: Final = """
select consumer_id, related_id, relation from relations
where subscriber_id = $1 and consumer_id = any($2::uuid[]) and related_id is not null and not deleted and not parked
union select id, guardian_id, 'guardian' from consumers
where subscriber_id = $1 and id = any($2::uuid[]) and guardian_id is not null
order by 1, 2, 3
"""
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


async def list_people(
    connection: RawConnection,
    *,
    subscriber_id: UUID,
    terms: Sequence[int],
    after: UUID,
    location_ids: list[UUID] | None,
    status: str | None,
    has_address: bool | None,
    limit: int,
) -> list[Row]:
    """Return rows by ascending id that meet all terms."""
    values = (subscriber_id, after, location_ids, status, has_address, limit)
    if not terms:
        return await connection.fetch(_LIST, *values, record_class=Row)
    return await connection.fetch(_HITS, *values, terms[0], list(terms[1:]), record_class=Row)


async def find_person(connection: RawConnection, *, subscriber_id: UUID, consumer_id: UUID) -> Row | None:
    """Return a person's row, a merged or deleted one with personal fields too, or None."""
    return await connection.fetchrow(_FIND, subscriber_id, consumer_id, record_class=Row)


async def list_of_source(
    connection: RawConnection, *, subscriber_id: UUID, connection_id: UUID, after: UUID, limit: int
) -> list[Row]:
    """Return the people of one source by ascending id, merged ones left out."""
    return await connection.fetch(_OF_SOURCE, subscriber_id, connection_id, after, limit, record_class=Row)


async def find_people(
    connection: RawConnection, *, subscriber_id: UUID, ids: Sequence[UUID], location_ids: list[UUID] | None
) -> list[Row]:
    """Return those of some people who are present, unmerged, at one of the locations."""
    return await connection.fetch(_PEOPLE, subscriber_id, list(ids), location_ids, record_class=Row)


async def find_household(
    connection: RawConnection,
    *,
    subscriber_id: UUID,
    consumer_id: UUID,
    address_term: int,
    location_ids: list[UUID] | None,
) -> tuple[list[Row], list[Row]]:
    """Return the people who belong to one, and the relations of all of them."""
    near = (subscriber_id, consumer_id, address_term, location_ids, MOST_IN_HOUSEHOLD)
    people = await connection.fetch(_HOUSEHOLD, *near, record_class=Row)
    ids = [row.id for row in people]
    return people, await connection.fetch(_RELATIONS, subscriber_id, ids, record_class=Row)


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
