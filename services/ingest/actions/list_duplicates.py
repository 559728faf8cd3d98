"""Lists the people of one source whom another source or the front desk seems to know too, for somebody to merge (N-83, N-89)."""

from typing import Final
from uuid import UUID

from services.ingest.deps import Deps
from services.ingest.domain.batch import ConnectionUnknownError
from services.ingest.domain.same_person import is_same_person
from services.ingest.store.cards import card_of, open_person
from services.ingest.store.connections import find_connection
from services.ingest.store.namesakes import find_named_alike
from services.ingest.store.records import find_people, list_of_source
from services.ingest.store.staging import raw_of
from shared.kit.auth import Caller
from shared.kit.requests import page_cursor, read_id_cursor
from shared.schemas.records import Duplicate
from shared.schemas.wire import Page

_MOST_LOOKED_AT: Final = 200


async def list_duplicates(
    deps: Deps, *, caller: Caller, connection_id: UUID, after: str | None, limit: int
) -> Page[Duplicate]:
    """Return a page by consumer id; it may be short although more follows, because at most 200 people are looked at for one.

    Raises ConnectionUnknownError, CursorRefusedError.
    """
    last = read_id_cursor(after) or UUID(int=0)
    owner, places = caller.subscriber, list(caller.location_ids) or None
    keys = await deps.row_keys.of(deps.api_db, owner)
    items: list[Duplicate] = []
    async with deps.api_db.transaction(owner) as connection:
        source = await find_connection(connection, subscriber_id=owner, connection_id=connection_id)
        if source is None or not caller.covers(source.location_id):
            raise ConnectionUnknownError
        raw = await raw_of(connection)
        key = {"subscriber_id": owner, "connection_id": connection_id}
        rows = await list_of_source(raw, **key, after=last, limit=_MOST_LOOKED_AT)
        for row in rows:
            last, person = row.id, open_person(row, keys)
            alike = await find_named_alike(connection, owner, person, keys)
            alike.discard(row.id)
            found = await find_people(raw, subscriber_id=owner, ids=sorted(alike), location_ids=places) if alike else []
            others = [
                card_of(other, keys)
                for other in found
                if other.connection_id != connection_id and is_same_person(person, open_person(other, keys))
            ]
            if others:
                items.append(Duplicate(consumer=card_of(row, keys), others=others))
            if len(items) == limit:
                break
    more = len(rows) == _MOST_LOOKED_AT or (len(items) == limit and last != rows[-1].id)
    return Page(items=items, next=page_cursor(str(last)) if more else None)
