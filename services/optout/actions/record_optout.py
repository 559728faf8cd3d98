"""The door: stores one consumer's opt-out and returns when nothing more can be handed to a relay (architecture 4).

It commits by itself, never in a request's transaction, which would hold the entry back until the answer that waits for it.
"""

import asyncio
from datetime import datetime
from time import monotonic
from typing import Final
from uuid import UUID

from prometheus_client import Counter, Histogram

from services.optout.actions.wait_until_safe import wait_until_safe
from services.optout.domain.entries import NewEntry
from services.optout.store.door import LONGEST_ANSWER_SECONDS, SPOOL_MARGIN_SECONDS, Door
from services.optout.store.ledger import Filed
from shared.kit.crashpoints import crashpoint
from shared.kit.logs import log

_COMMIT_SECONDS: Final = 2.0
"""After that the database counts as down: 2 s, 0.75 s for the spool, one lease and the margin are the 8 s."""

CLICK_TO_SAFE: Final = Histogram(
    "dueback_optout_click_to_safe_seconds",
    "From the consumer's POST to nothing more being sendable. Alarm: over 5 minutes more than 1 % above 1 s (health signal optout_slow)",
    ["how"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 8, 10),
)
SPOOLED: Final = Counter(
    "dueback_optout_spooled_total", "Opt-outs kept in the local spool because the database was down"
)


async def record_optout(door: Door, *, entry: NewEntry, now: datetime) -> UUID:
    """Store an opt-out for good and wait until it is safe, at most 8 s. If the caller hangs up, the effect stands.

    Returns the id under which it is on file: another than the entry's own where a lift came between the same act and its repeat.

    Raises OptoutNotKeptError when neither the database nor the spool could be written: then nothing is claimed.
    """
    started = monotonic()
    try:
        async with asyncio.timeout(_COMMIT_SECONDS):
            filed = await door.ledger.append(entry, recorded_at=now)
    except Exception as error:
        log("optout.door").error("database_down", entry_id=str(entry.entry_id), exc_info=error)
        await _spool(door, entry)
        how, entry_id = "spooled", entry.entry_id
    else:
        how, entry_id = await _wait(door, filed, started + LONGEST_ANSWER_SECONDS), filed.entry_id
    took = monotonic() - started
    CLICK_TO_SAFE.labels(how).observe(took)
    door.promptness.note(took, at=started + took)
    crashpoint("optout.before_answer")
    return entry_id


async def _wait(door: Door, filed: Filed, deadline: float) -> str:
    crashpoint("optout.after_entry_commit")
    door.watch.poke()
    assert filed.position is not None
    if await wait_until_safe(door, position=filed.position, deadline=deadline):
        return "safe"
    log("optout.door").error("wait_was_capped", entry_id=str(filed.entry_id))
    return "capped"


async def _spool(door: Door, entry: NewEntry) -> None:
    """Keep the entry on disk and let every lease run out; a poll that finds the spool filled grants none."""
    await asyncio.shield(door.spool.keep(entry, mailto=door.mailto))
    crashpoint("optout.after_spool")
    SPOOLED.inc()
    await asyncio.sleep(door.lease_seconds + SPOOL_MARGIN_SECONDS)
