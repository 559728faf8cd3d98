"""Brings opt-outs of a time without a database into the ledger as soon as there is one; until then no lease is granted (F5)."""

from datetime import datetime

from services.optout.store.door import Door
from services.optout.store.ledger import append_entries
from shared.kit.crashpoints import crashpoint
from shared.kit.logs import log


async def replay_spool(door: Door, *, now: datetime) -> int:
    """Append what the spool holds, then empty it; return how many entries it held. Entries that had reached the ledger are repeats."""
    if door.spool.is_empty():
        return 0
    try:
        with door.spool.entries() as kept:
            if kept:
                async with door.database.transaction() as connection:
                    await append_entries(connection, kept, recorded_at=now)
            crashpoint("optout.after_replay")
    except BlockingIOError:
        return 0  # another process is at it
    door.watch.poke()
    log("optout.spool").info("spool_replayed", entries=len(kept))
    return len(kept)
