"""The loop behind cancellations: one chunk a step."""

from datetime import datetime
from typing import Final

from services.mailer.store.cancelling import cancel_chunk, is_anything_to_cancel
from shared.kit.db import Database
from shared.kit.logs import log

_CHUNK: Final = 2000
"""Queued messages looked at in a transaction: some tens of milliseconds, so that no feed's snapshot is held back."""


async def carry_on_cancelling(database: Database, *, now: datetime) -> bool:
    """Carry the oldest cancellation on; return whether to go on at once. What workers have in hand is waited for at the loop's own pace."""
    if not await is_anything_to_cancel(database):
        return False
    async with database.raw() as connection:
        walk = await cancel_chunk(connection, limit=_CHUNK, now=now)
    if walk is None:
        return False
    if walk.is_over:
        log("mailer.cancelling").info("cancellation_finished")
    return walk.is_over or walk.cancelled > 0 or walk.is_under_way
