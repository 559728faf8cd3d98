"""Counts a try at a door that anybody may knock at, and tells which limits it is beyond."""

from collections.abc import Sequence
from datetime import datetime

from services.optout.domain.limits import Dimension, Limit, window_of
from services.optout.store.tries import add_tries
from shared.kit.db import Database


async def count_tries(database: Database, limits: Sequence[Limit], *, now: datetime, **values: str) -> set[Dimension]:
    """Count one try of each limit's value (`network=...`, `address=...`) and return the dimensions that are over; a refused try counts as well."""
    windows = {limit: window_of(limit, values[limit.dimension], now) for limit in limits}
    counts = await add_tries(database, list(windows.values()))
    return {limit.dimension for limit, (name, _) in windows.items() if counts[name] > limit.most}
