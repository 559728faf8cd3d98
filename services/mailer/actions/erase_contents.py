"""The loop behind erasures: ends and blanks a few orders a step; what a worker has in hand is blanked when it has settled."""

from datetime import datetime
from typing import Final

from services.mailer.actions.tell_erased import tell_erased
from services.mailer.store.erasing import carry_out, is_anything_to_erase, take_erasures
from services.mailer.store.erasure_tables import PLATFORM
from shared.kit.crashpoints import crashpoint
from shared.kit.db import Database
from shared.schemas.privacy_cases import ErasureDone

_AT_ONCE: Final = 20


async def erase_contents(database: Database, *, now: datetime) -> bool:
    """Carry orders out; return whether any was finished. Killed at any moment it begins again where it stood."""
    if not await is_anything_to_erase(database):
        return False
    done: list[ErasureDone] = []
    async with database.transaction() as connection:
        for erasure in await take_erasures(connection, limit=_AT_ONCE):
            records, is_done = await carry_out(connection, erasure, now=now)
            if is_done:
                owner = None if erasure.subscriber_id == PLATFORM else erasure.subscriber_id
                done.append(ErasureDone(entry_id=erasure.entry_id, subscriber_id=owner, records=records))
        await tell_erased(connection, done)
        crashpoint("mailer.before_erasure_commit")
    return bool(done)
