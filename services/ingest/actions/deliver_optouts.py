"""Brings opt-outs that sources reported to optout and releases their people: before a batch is answered, and again and again until it is done."""

from datetime import datetime
from itertools import groupby
from uuid import UUID

from services.ingest.clients.optout import MOST_A_CALL, OptoutClient
from services.ingest.store.optouts import confirm_optouts, read_pending
from shared.kit.crashpoints import crashpoint
from shared.kit.db import Database


async def deliver_optouts(
    database: Database,
    *,
    optout: OptoutClient,
    now: datetime,
    subscriber_id: UUID | None = None,
    batch_id: UUID | None = None,
) -> bool:
    """Deliver what waits, of one batch or (by a worker) of everybody; return false when something could not be delivered."""
    async with database.transaction(subscriber_id) as connection:
        waiting = await read_pending(connection, subscriber_id=subscriber_id, batch_id=batch_id, limit=MOST_A_CALL)
    done = True
    for owner, rows in groupby(waiting, key=lambda row: row[0]):
        optouts = [optout_input for _, optout_input in rows]
        if not await optout.report_optouts(owner, optouts):
            done = False
            continue
        crashpoint("ingest.after_optouts")
        async with database.transaction(owner) as connection:
            await confirm_optouts(connection, subscriber_id=owner, optouts=optouts, now=now)
    return done
