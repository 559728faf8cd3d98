"""Tells optout's ledger of bounces: facts of their own there, which permit and deny nothing and prove what became of a mail (I8)."""

from itertools import groupby
from operator import itemgetter
from typing import Final

from asyncpg import Record

from services.mailer.clients.optout import OptoutClient
from services.mailer.store.telling import keep_told, list_untold
from shared.kit.db import Database
from shared.schemas.ledger import BounceInput, BouncesInput

_BATCH: Final = 500


async def tell_bounces(database: Database, optout: OptoutClient) -> bool:
    """Tell up to 500 bounces and return whether there may be more. Raises OptoutSilentError: what was not told waits."""
    async with database.raw() as connection:
        untold = await list_untold(connection, limit=_BATCH)
    for subscriber_id, group in groupby(
        sorted(untold, key=itemgetter("subscriber_id")), key=itemgetter("subscriber_id")
    ):
        rows = list(group)
        await optout.tell_bounces(BouncesInput(subscriber_id=subscriber_id, bounces=[_bounce(row) for row in rows]))
        async with database.raw() as connection:
            await keep_told(connection, [(subscriber_id, row["report_id"]) for row in rows])
    return len(untold) == _BATCH


def _bounce(row: Record) -> BounceInput:
    return BounceInput(
        bounce_id=row["report_id"],
        location_id=row["location_id"],
        address_key=row["address_key"],
        bounce_class=row["blame"] or "soft",
        channel="smtp_reply" if row["report_id"] == row["message_id"] else "report",
        evidence=f"message:{row['message_id']}",
        occurred_at=row["reported_at"],
    )
