"""Switches topics on again for the person who has just chosen them on the preference page: their own act, on file as lifts (L-015)."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.optout.domain.preferences import lifts_by_preferences
from services.optout.store.door import Door
from services.optout.store.group_commit import short_transaction
from services.optout.store.ledger import append_entries, lock_chains, read_stops_of
from shared.schemas.token import OptoutToken
from shared.schemas.topics import Topic


async def switch_topics(door: Door, *, link: OptoutToken, shown: Mapping[Topic, UUID], now: datetime) -> None:
    """Lift what stops these topics if it still stands as `shown` (digests of the page); else change nothing.

    Decided with the chain locked, so that an opt-out that comes at the same moment is either seen or lies behind the lift.
    """
    if not shown:
        return
    async with short_transaction(door.database) as connection:
        await lock_chains(connection, [link.subscriber_id])
        found = await read_stops_of(connection, link.subscriber_id, address_key=link.address_key)
        lifts = lifts_by_preferences(found, link, shown, at=now)
        await append_entries(connection, lifts, recorded_at=now)
    door.watch.poke()
