"""Once a day for each location: does next week have fewer appointments than is usual?"""

from datetime import datetime
from typing import Final

from services.scheduler.domain.slow_weeks import find_usual, is_slow
from services.scheduler.store.slow_weeks import count_weeks, keep_week, take_unmeasured
from shared.kit.db import Database
from shared.kit.epoch import is_on_hold

_AT_ONCE: Final = 20


async def notice_slow_weeks(database: Database, *, now: datetime) -> bool:
    """Measure the next locations and keep what is slow; return whether there may be more. On HOLD the facts may not be the newest: nothing."""
    async with database.transaction() as connection:
        if await is_on_hold(connection):
            return False
        taken = await take_unmeasured(connection, now=now, limit=_AT_ONCE)
        for subscriber_id, location_id, week_on in taken:
            counts = await count_weeks(connection, subscriber_id, location_id, week_on, now=now)
            usual = find_usual(counts)
            if usual is None:
                continue
            booked = next(week.booked for week in counts if week.weeks_back == 0)
            await keep_week(
                connection,
                subscriber_id,
                location_id,
                week_on,
                booked=booked,
                usual=usual,
                is_slow=is_slow(booked, usual),
                now=now,
            )
    return len(taken) == _AT_ONCE
