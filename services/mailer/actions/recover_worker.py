"""Recovering what killed workers of this machine left: known replies are settled, the rest is taken back or becomes uncertain."""

from pathlib import Path

from services.mailer.store.claiming import abandon_claims, repair_claims
from services.mailer.store.journal import dead_journals
from services.mailer.store.settling import settle_messages
from shared.kit.clock import Clock
from shared.kit.db import Database
from shared.kit.logs import log


async def recover_worker(database: Database, *, folder: Path, clock: Clock) -> None:
    """Replay the journals of dead workers, let their claims run out and repair; safe to run any number of times (I12)."""
    for worker_id, settlements in dead_journals(folder):
        async with database.raw() as connection:
            for start in range(0, len(settlements), 500):
                await settle_messages(connection, settlements[start : start + 500], now=clock.now())
            await abandon_claims(connection, worker_id)
        log("mailer.recovery").info("journal_replayed", worker_id=str(worker_id), settlements=len(settlements))
    async with database.raw() as connection:
        uncertain, put_back = await repair_claims(connection, now=clock.now())
    if uncertain or put_back:
        log("mailer.recovery").warning("claims_repaired", uncertain=uncertain, put_back=put_back)
