"""Finds consumers for a front desk by what people say of themselves: a name's beginning, an address, a phone, a plate."""

from typing import Final
from uuid import UUID

from services.ingest.deps import Deps
from services.ingest.domain.search_terms import asked_terms, matches, words_of
from services.ingest.store.cards import card_of
from services.ingest.store.records import list_people
from services.ingest.store.search import blind
from shared.kit.auth import Caller
from shared.kit.errors import NotAllowedError
from shared.kit.requests import page_cursor, read_id_cursor
from shared.schemas.address import AddressRefusedError, canonical_address
from shared.schemas.records import ConsumerCard, ConsumerSearch
from shared.schemas.wire import Page

_MOST_ROUNDS: Final = 10


async def search_consumers(deps: Deps, *, caller: Caller, asked: ConsumerSearch) -> Page[ConsumerCard]:
    """Return a page by consumer id. A page may be short although more follows: what blind terms promise is compared after it is opened.

    Raises CursorRefusedError, NotAllowedError for a location that the credential does not cover.
    """
    after = read_id_cursor(asked.after) or UUID(int=0)
    if asked.location_id is not None and not caller.covers(asked.location_id):
        raise NotAllowedError
    owner = caller.subscriber
    keys = await deps.row_keys.of(deps.api_db, owner)
    try:
        address = canonical_address(asked.address).folded if asked.address else ""
    except AddressRefusedError:
        return Page(items=[], next=None)
    words = words_of(asked.name)
    terms = [blind(keys, term) for term in asked_terms(asked.name, address, asked.phone, asked.plate)]
    covered = [asked.location_id] if asked.location_id else list(caller.location_ids)
    items: list[ConsumerCard] = []
    async with deps.api_db.reading(owner) as connection:
        for _ in range(_MOST_ROUNDS):
            rows = await list_people(
                connection,
                subscriber_id=owner,
                terms=terms,
                after=after,
                location_ids=covered or None,
                status=asked.status,
                has_address=asked.has_address,
                limit=asked.limit + 1,
            )
            for row in rows[: asked.limit]:
                after, card = row.id, card_of(row, keys)
                if matches(words, card.first_name, card.last_name, card.preferred_name):
                    items.append(card)
                if len(items) == asked.limit:
                    break
            more = len(rows) > asked.limit or (len(items) == asked.limit and rows[-1].id != after)
            if not more or len(items) == asked.limit:
                break
    return Page(items=items, next=page_cursor(str(after)) if more else None)
