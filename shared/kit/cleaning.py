"""The loop that keeps plumbing's tables from growing for ever: answered keys of requests and rows of the feed go when their time is over."""

from datetime import timedelta
from typing import Final

from shared.kit.clock import Clock
from shared.kit.db import Database
from shared.kit.feed_cleaning import Feed, clean_feed
from shared.kit.loops import Loop
from shared.kit.requests import forget_answers
from shared.kit.settings import CommonSettings

CLEANING_SECONDS: Final = 600.0
_SLICE: Final = 1000


def cleaning_loop(database: Database, clock: Clock, settings: CommonSettings, *, feed: Feed | None = None) -> Loop:
    """Return the loop over the `_worker` role's database; without `feed` this service's feed is kept whole."""
    keys_for = timedelta(days=settings.idempotency_days)
    rows_for = timedelta(days=settings.feed_days)

    async def clean() -> bool:
        now = clock.now()
        async with database.transaction() as connection:
            more = await forget_answers(connection, before=now - keys_for, limit=_SLICE)
        if feed is None:
            return more
        async with database.transaction() as connection:
            return await clean_feed(connection, feed, now=now, keep=rows_for) or more

    return Loop("clean", clean, CLEANING_SECONDS)
