"""Pauses, resumes or ends a campaign: what is with the mailer is asked back at once (I24), planning holds, frees or cancels the rest."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.actions.withdraw_touches import withdraw_touches
from services.scheduler.domain.errors import CampaignEndedError
from services.scheduler.store.campaigns import change_state, find_campaign, withdraw_campaign
from services.scheduler.store.replans import mark_location
from shared.kit.errors import NotFoundError, VersionMismatchError
from shared.schemas.scheduler import Campaign, CampaignChange


async def change_campaign(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    campaign_id: UUID,
    change: CampaignChange,
    version: int,
    now: datetime,
    changed_by: str,
) -> Campaign:
    """Return the campaign in its new state and version. Raises NotFoundError, VersionMismatchError, CampaignEndedError."""
    present = await find_campaign(connection, subscriber_id=subscriber_id, campaign_id=campaign_id)
    if present is None:
        raise NotFoundError
    if present.version != version:
        raise VersionMismatchError
    if present.state == "ended":
        raise CampaignEndedError
    if not await change_state(
        connection,
        subscriber_id=subscriber_id,
        campaign_id=campaign_id,
        state=change.state,
        version=version,
        now=now,
        changed_by=changed_by,
    ):
        raise VersionMismatchError
    if change.state != "active":
        reason = "campaign_paused" if change.state == "paused" else "campaign_ended"
        withdrawn = await withdraw_campaign(
            connection, subscriber_id=subscriber_id, campaign_id=campaign_id, reason=reason
        )
        await withdraw_touches(connection, withdrawn)
    await mark_location(connection, subscriber_id=subscriber_id, location_id=present.location_id)
    return present.model_copy(update={"state": change.state, "version": version + 1})
