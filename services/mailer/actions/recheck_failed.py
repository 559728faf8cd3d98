"""Send again what failed: back to the scheduler as `recheck`, which plans it anew and submits it under a new message id."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.domain.outcomes import MAY_BE_SENT_AGAIN
from services.mailer.store.resending import move_failed_to_recheck
from shared.kit.db import set_subscriber
from shared.schemas.mailer import ResendAnswer


async def recheck_failed(
    connection: AsyncConnection, *, subscriber_id: UUID, campaign_id: UUID, now: datetime
) -> ResendAnswer:
    """Free the touches of a campaign's failed and softly bounced messages that are still of use; never uncertain ones, never dead addresses."""
    await set_subscriber(connection, subscriber_id)
    count = await move_failed_to_recheck(
        connection, subscriber_id=subscriber_id, campaign_id=campaign_id, reasons=sorted(MAY_BE_SENT_AGAIN), now=now
    )
    return ResendAnswer(rechecked=count)
