"""Waits until no lease holder could still send against an entry, holding no connection, however many wait (architecture 4)."""

import asyncio
from time import monotonic

from services.optout.store.door import Door


async def wait_until_safe(door: Door, *, position: int, deadline: float) -> bool:
    """Return True once every live holder has made `position` effective or has run out; False at `deadline` (monotonic seconds).

    After a start or a fail-over one full lease passes first: a lease of before may be unknown to this database.
    """
    while (left := deadline - monotonic()) > 0:
        if (quiet := door.watch.quiet_seconds) > 0:
            await asyncio.sleep(min(quiet, left))
            continue
        state = await door.watch.until(lambda state: state.is_safe(position), seconds=left, urgent=True)
        if state is not None and door.watch.quiet_seconds <= 0:
            return True
    return False
