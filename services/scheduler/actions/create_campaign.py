"""Switches a campaign type on for a location and has everybody there planned; or keeps it as a draft, of which nothing is planned."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.actions.check_activation import check_activation
from services.scheduler.domain.campaign_settings import SendWindow
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.errors import CampaignTypeUnknownError, DraftRefusedError
from services.scheduler.store.campaigns import NewCampaign, find_campaign, insert_campaign
from services.scheduler.store.replans import mark_location
from shared.kit.directory import find_fact
from shared.kit.errors import NotFoundError
from shared.kit.ids import new_id
from shared.schemas.location import LocationFacts
from shared.schemas.scheduler import Campaign, CampaignInput


async def create_campaign(
    connection: AsyncConnection,
    *,
    subscriber_id: UUID,
    campaign: CampaignInput,
    types: Mapping[str, CampaignType],
    window: SendWindow,
    now: datetime,
    created_by: str,
) -> Campaign:
    """Store the campaign, or raise why it cannot be: of a draft only that it is none, of an active one everything at once (S-074, N-49, N-60)."""
    kind = types.get(campaign.type)
    if kind is None:
        raise CampaignTypeUnknownError
    location = await find_fact(connection, "location", campaign.location_id, LocationFacts)
    if location is None or location.subscriber_id != subscriber_id:
        raise NotFoundError
    if not campaign.draft:
        await check_activation(
            connection, kind=kind, settings=campaign.settings, location=location, types=types, window=window, now=now
        )
    elif not kind.is_by_hand:
        raise DraftRefusedError
    made = NewCampaign(
        subscriber_id,
        new_id(),
        campaign.location_id,
        campaign.type,
        "draft" if campaign.draft else "active",
        dict(campaign.settings),
    )
    await insert_campaign(connection, made, now=now, changed_by=created_by)
    if not campaign.draft:
        await mark_location(connection, subscriber_id=subscriber_id, location_id=campaign.location_id)
    stored = await find_campaign(connection, subscriber_id=subscriber_id, campaign_id=made.campaign_id)
    assert stored is not None
    return stored
