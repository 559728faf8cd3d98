"""Brings opt-outs of a time without a database into the ledger as soon as there is one; until then no lease is granted (F5)."""

from datetime import datetime

from services.optout.store.door import Door
from services.optout.store.group_commit import MOST_TOGETHER, commit_entries
from shared.kit.crashpoints import crashpoint
from shared.kit.logs import log


async def replay_spool(door: Door, *, now: datetime) -> int:
    """Append what the spool holds, then drop it; return how many entries it held. Entries that had reached the ledger are repeats.

    The file is not locked meanwhile: a database that falls silent again must not hold up the next opt-out. Raises what the database
    raised, TimeoutError included, and TimeoutError while others are at the file; then everything stays for the next time.
    """
    if door.spool.is_empty():
        return 0
    kept = await door.spool.read()
    for first in range(0, len(kept.entries), MOST_TOGETHER):
        part = kept.entries[first : first + MOST_TOGETHER]
        await commit_entries(door.database, part, recorded_at=now, journal=door.journal)
    crashpoint("optout.after_replay")
    is_empty = await door.spool.drop(kept)
    door.watch.poke()
    log("optout.spool").info("spool_replayed", entries=len(kept.entries), is_empty=is_empty)
    return len(kept.entries)
