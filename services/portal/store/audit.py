"""The audit trail: who did what to which thing; append-only, ids only (S-120)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.portal.store.tables import PLATFORM, audit
from shared.kit.db import set_subscriber
from shared.kit.ids import new_id


async def write_audit(
    connection: AsyncConnection,
    *,
    at: datetime,
    actor: str,
    action: str,
    thing_id: UUID | str,
    subscriber_id: UUID | None = None,
) -> None:
    """Append one entry in the transaction of its cause; without a subscriber it belongs to the platform, whose context this sets."""
    if subscriber_id is None:
        await set_subscriber(connection, PLATFORM)
    await connection.execute(
        insert(audit).values(
            subscriber_id=subscriber_id or PLATFORM,
            entry_id=new_id(),
            at=at,
            actor=actor,
            action=action,
            thing_id=str(thing_id),
        )
    )
