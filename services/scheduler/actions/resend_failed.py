"""Asks for what failed of a campaign to be sent again: the mailer gives it back, planning and grouping look at everything anew."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.kit.outbox import put_outbox
from shared.schemas.mailer import ResendInput
from shared.schemas.scheduler import Resend


async def resend_failed(
    connection: AsyncConnection, *, subscriber_id: UUID, campaign_id: UUID, now: datetime
) -> Resend:
    """Ask the mailer through the outbox; its feed brings the touches back as `held`, `resend`. Repeating it is harmless."""
    body = ResendInput(subscriber_id=subscriber_id, campaign_id=campaign_id)
    await put_outbox(connection, destination="mailer", method="POST", path="/v1/messages/resend", body=body)
    return Resend(campaign_id=campaign_id, asked_at=now)
