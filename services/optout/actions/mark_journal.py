"""Notes in the database how much of the journal it has, so that a restored copy tells how old it is, and drops what no backup can miss."""

from datetime import datetime, timedelta

from asyncpg import LockNotAvailableError

from services.optout.store.checkpoints import close_journaling, keep_checkpoint, read_checkpoint, read_server_start
from services.optout.store.door import Door
from shared.kit.logs import log


async def mark_journal(door: Door, *, now: datetime, keep: timedelta) -> bool:
    """Move the checkpoint to the journal's end; return whether there was anything to note. Files of before `keep` ago are removed.

    Does nothing while somebody is between journal and commit, or on a database that has not been brought up to date: its checkpoint tells how
    far it is behind. Raises OSError.
    """
    end = await door.journal.end()
    if end == await read_checkpoint(door.database, door.journal.journal_id) or door.recovery.standing is None:
        return False
    try:
        async with door.database.raw() as connection, connection.transaction():
            await close_journaling(connection)
            end = await door.journal.end()
            standing = door.recovery.standing
            if standing is None or standing.server_started != await read_server_start(connection):
                return False
            await keep_checkpoint(connection, door.journal.journal_id, end)
    except LockNotAvailableError:
        return False
    if removed := await door.journal.forget(end, written_before=now - keep):
        log("optout.journal").info("journal_shortened", files=removed)
    return True
