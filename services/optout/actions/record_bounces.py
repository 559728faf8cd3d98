"""Puts bounces on file as facts of their own: they prove what became of a mail and never permit or deny one (I8)."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.domain.entries import NewEntry
from services.optout.store.ledger import append_entries
from shared.kit.db import set_subscriber
from shared.schemas.ledger import BounceInput
from shared.schemas.optout import Recorded


async def record_bounces(
    connection: AsyncConnection, *, subscriber_id: UUID, bounces: Sequence[BounceInput], now: datetime
) -> Recorded:
    """Append bounces of one subscriber's mail; repeats (same bounce_id) are counted and change nothing."""
    await set_subscriber(connection, subscriber_id)
    filed = await append_entries(connection, [_entry(subscriber_id, bounce) for bounce in bounces], recorded_at=now)
    new = sum(result.is_new for result in filed)
    return Recorded(recorded=new, repeated=len(filed) - new)


def _entry(subscriber_id: UUID, bounce: BounceInput) -> NewEntry:
    return NewEntry(
        subscriber_id=subscriber_id,
        entry_id=bounce.bounce_id,
        kind="bounce",
        channel=bounce.channel,
        evidence=bounce.evidence,
        occurred_at=bounce.occurred_at,
        location_id=bounce.location_id,
        address_key=bounce.address_key,
        bounce_class=bounce.bounce_class,
    )
