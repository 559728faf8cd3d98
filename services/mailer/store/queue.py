"""The queue as a whole: is anything due."""

from datetime import datetime
from typing import Final

from shared.kit.db import Database

_ANYTHING: Final = "select exists (select from messages where state in ('accepted', 'deferred') and next_at <= $1)"


async def is_anything_due(database: Database, *, now: datetime) -> bool:
    """Tell whether any message waits for its turn now, paused ones included: the one question an idle worker asks."""
    return bool(await database.glance(_ANYTHING, now))
