"""Brings the ledger up to what the journal outside the database holds, before anything is granted (I20, F24)."""

from dataclasses import replace
from datetime import datetime

from services.optout.store.checkpoints import read_checkpoint, read_server_start
from services.optout.store.door import Door
from services.optout.store.group_commit import MOST_TOGETHER, commit_entries
from services.optout.store.journal import NotAgain
from services.optout.store.recovery import Standing
from shared.kit.epoch import renew_epoch
from shared.kit.logs import log


async def catch_up(door: Door, *, now: datetime) -> Standing:
    """Append what the journal holds behind this database's checkpoint; entries on file are repeats. Return where the database stands.

    A person's click is not said again here: it is brought back only if it is missing, whatever was lifted since. Raises what database or
    journal raised.
    """
    async with door.database.transaction() as connection:
        epoch = await renew_epoch(connection)
    await door.watch.look()
    async with door.database.raw() as raw:
        server_started = await read_server_start(raw)
    await door.journal.end()
    position = await read_checkpoint(door.database, door.journal.journal_id)
    missing = 0
    while True:
        entries, behind = await door.journal.read(position)
        if behind == position:
            break
        for first in range(0, len(entries), MOST_TOGETHER):
            part = [replace(entry, by_consumer=False) for entry in entries[first : first + MOST_TOGETHER]]
            filed = await commit_entries(door.database, part, recorded_at=now, journal=NotAgain())
            missing += sum(each.is_new for each in filed)
        position = behind
    if missing:
        door.watch.poke()
        log("optout.journal").warning("entries_brought_back", entries=missing)
    return Standing(epoch, server_started)
