"""Makes a quarter's figures, once, when the operator has turned them on (S-100 to S-103)."""

from collections import defaultdict
from datetime import date, datetime
from typing import Final
from uuid import UUID

from services.ingest.domain.aggregates import Group, contributors, release
from services.ingest.store.aggregates import count_people, is_released, keep_release, list_subscribers, lower_role
from shared.kit.db import Database
from shared.kit.logs import log

_AT_ONCE: Final = 50


async def release_aggregates(database: Database, *, now: datetime) -> bool:
    """Count subscriber by subscriber in short transactions under the counting role and keep what may be published; false when it is out already."""
    quarter_on = date(now.year, (now.month - 1) // 3 * 3 + 1, 1)
    async with database.transaction() as connection:
        if await is_released(connection, quarter_on):
            return False
    groups: dict[Group, dict[str, dict[UUID, int]]] = defaultdict(lambda: defaultdict(dict))
    after, more = UUID(int=0), True
    while more:
        async with database.transaction() as connection:
            await lower_role(connection)
            found = await list_subscribers(connection, after=after, limit=_AT_ONCE)
            for subscriber_id in found:
                for group, band, consumers in await count_people(
                    connection, subscriber_id=subscriber_id, today=now.date()
                ):
                    groups[group][band][subscriber_id] = consumers
        more = len(found) == _AT_ONCE
        after = found[-1] if found else after
    figures, subscribers = release(groups), len(contributors(groups))
    async with database.transaction() as connection:
        kept = await keep_release(connection, quarter_on=quarter_on, figures=figures, subscribers=subscribers, now=now)
    log("ingest.aggregates").warning("aggregates_released", quarter_on=quarter_on.isoformat(), kept=kept)
    return kept
