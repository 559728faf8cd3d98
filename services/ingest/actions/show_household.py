"""Shows everybody who belongs to a consumer: what a front desk looks at before it changes an address or merges two."""

from uuid import UUID

from services.ingest.actions.show_consumer import show_consumer
from services.ingest.deps import Deps
from services.ingest.store.cards import card_of
from services.ingest.store.records import find_household
from services.ingest.store.search import blind
from shared.kit.auth import Caller
from shared.schemas.address import canonical_address
from shared.schemas.records import Household, Relation


async def show_household(deps: Deps, *, caller: Caller, consumer_id: UUID) -> Household:
    """Return members (at most 100) and relations. Raises ConsumerUnknownError."""
    me = await show_consumer(deps, caller=caller, consumer_id=consumer_id)
    keys = await deps.row_keys.of(deps.api_db, caller.subscriber)
    folded = canonical_address(me.address).folded if me.address else ""
    async with deps.api_db.reading(caller.subscriber) as connection:
        people, relations = await find_household(
            connection,
            subscriber_id=caller.subscriber,
            consumer_id=consumer_id,
            address_term=blind(keys, f"address:{folded}"),
            location_ids=list(caller.location_ids) or None,
        )
    shown = [
        Relation(consumer_id=row.consumer_id, related_id=row.related_id, relation=row.relation) for row in relations
    ]
    return Household(members=[card_of(row, keys) for row in people], relations=shown)
