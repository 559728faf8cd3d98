"""Finds the rows that are the same human as others of a subscriber's, whichever source or front desk wrote them (N-89).

By the blind terms of their names, and among those whose terms the search has not come to yet: who was written a moment ago is found too.
"""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.person import Person
from services.ingest.domain.same_person import is_same_person, kept_descriptions
from services.ingest.domain.search_terms import asked_terms
from services.ingest.store.cards import open_person
from services.ingest.store.row_keys import SubscriberKeys
from services.ingest.store.search import blind
from shared.kit.crypto import keyed_id

_AT_ONCE: Final = 2000
_NAMED_ALIKE: Final = text("""
select s.consumer_id from search_terms s where s.subscriber_id = :s and s.term = :term
    and not exists (select from unnest(cast(:others as bigint[])) as o (term) where not exists (
        select from search_terms m where m.subscriber_id = :s and m.term = o.term and m.consumer_id = s.consumer_id))
""")
_UNINDEXED: Final = text("""
select distinct h.key from changes h where h.subscriber_id = :s and h.kind = 'consumer' and (h.xid, h.position) > (
    coalesce((select split_part(cursor, '.', 1)::xid8 from cursors where feed = 'search'), '0'::xid8),
    coalesce((select split_part(cursor, '.', 2)::bigint from cursors where feed = 'search'), 0))
""")
_PEOPLE: Final = text("""
select id, personal from consumers where subscriber_id = :s and id = any(cast(:ids as uuid[])) and personal is not null and not deleted
""")


def person_keys(descriptions: Iterable[str], keys: SubscriberKeys) -> list[UUID]:
    """Return the keyed hashes of descriptions of a person."""
    return [keyed_id(keys.terms, "person", description) for description in descriptions]


async def open_people(
    connection: AsyncConnection, subscriber_id: UUID, ids: Sequence[UUID], keys: SubscriberKeys
) -> dict[UUID, Person]:
    """Return who these are, the erased left out."""
    rows = await connection.execute(_PEOPLE, {"s": subscriber_id, "ids": list(ids)})
    return {row.id: open_person(row, keys) for row in rows}


async def find_namesakes(
    connection: AsyncConnection, subscriber_id: UUID, people: Sequence[Person], keys: SubscriberKeys
) -> set[UUID]:
    """Return every row that is the same human as one of `people`, their own rows among them."""
    candidates: set[UUID] = set()
    known = [person for person in people if kept_descriptions(person)]
    for person in known:
        terms = [blind(keys, term) for term in asked_terms(f"{person.first_name} {person.last_name}", "", "", "")]
        values = {"s": subscriber_id, "term": terms[0], "others": terms[1:]}
        candidates |= set(await connection.scalars(_NAMED_ALIKE, values))
    if known:
        candidates |= set(await connection.scalars(_UNINDEXED, {"s": subscriber_id}))
    found: set[UUID] = set()
    waiting = sorted(candidates)
    for start in range(0, len(waiting), _AT_ONCE):
        opened = await open_people(connection, subscriber_id, waiting[start : start + _AT_ONCE], keys)
        found |= {row_id for row_id, other in opened.items() if any(is_same_person(person, other) for person in known)}
    return found
