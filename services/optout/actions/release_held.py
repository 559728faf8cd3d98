"""Carries held erasures out once their legal hold has ended."""

from typing import Final

from services.optout.actions.execute_case import execute_case
from services.optout.store.cases import list_released
from services.optout.store.door import Door
from services.optout.store.group_commit import short_transaction
from shared.kit.clock import Clock

_AT_ONCE: Final = 20


async def release_held(door: Door, *, clock: Clock) -> bool:
    """Carry some out; return whether there were any."""
    now, released = clock.now(), 0
    async with short_transaction(door.database) as connection:
        for case in await list_released(connection, limit=_AT_ONCE):
            done = await execute_case(connection, case=case, journal=door.journal, actor="optout", now=now)
            released += done is not None
    if released:
        door.watch.poke()
    return bool(released)
