"""Asks the mailer through the outbox for touches that should not leave after all."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.store.plan import Withdrawn
from shared.kit.outbox import put_outbox
from shared.schemas.mailer import CancelInput

_MOST_TOUCHES: Final = 1000


async def withdraw_touches(connection: AsyncConnection, touches: Sequence[Withdrawn]) -> None:
    """Ask the mailer through the outbox not to send these touches (N-41); its outcomes say what became of them."""
    by_subscriber: dict[UUID, list[UUID]] = defaultdict(list)
    for subscriber_id, touch_id in touches:
        by_subscriber[subscriber_id].append(touch_id)
    for subscriber_id, touch_ids in by_subscriber.items():
        for start in range(0, len(touch_ids), _MOST_TOUCHES):
            body = CancelInput(subscriber_id=subscriber_id, touch_ids=touch_ids[start : start + _MOST_TOUCHES])
            await put_outbox(connection, destination="mailer", method="POST", path="/v1/messages/cancel", body=body)
