"""Lets minors who have come of age be written to themselves: facts are told again and permission for their own address is announced (L-121)."""

from datetime import datetime

from services.ingest.store.coming_of_age import owners_of_new_adults, release_due
from services.ingest.store.consents import announce_consents
from services.ingest.store.staging import look_up_by_key, raw_of
from shared.kit.db import Database

_AT_ONCE = 1000


async def release_adults(database: Database, *, now: datetime) -> bool:
    """Release those due at `now`, some of each subscriber; return whether there were any."""
    async with database.transaction() as connection:
        owners = await owners_of_new_adults(connection, now.date())
    for owner in owners:
        async with database.transaction(owner) as connection:
            people = await release_due(connection, subscriber_id=owner, today=now.date(), limit=_AT_ONCE)
            if people:
                raw = await raw_of(connection)
                await look_up_by_key(raw)
                await announce_consents(raw, subscriber_id=owner, people=people, now=now)
    return bool(owners)
