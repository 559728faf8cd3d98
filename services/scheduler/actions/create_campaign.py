"""Switches a campaign type on for a location and has everybody there planned."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.domain.audience import read_audience
from services.scheduler.domain.campaign_settings import SendWindow, check_settings
from services.scheduler.domain.campaign_type import CampaignType
from services.scheduler.domain.errors import CampaignTypeUnknownError, ZoneRefusedError
from services.scheduler.domain.readiness import refuse_unready
from services.scheduler.store.audience_facts import FACTS
from services.scheduler.store.campaigns import NewCampaign, find_campaign, insert_campaign
from services.scheduler.store.locations import knows_zone
from services.scheduler.store.replans import mark_location
from shared.kit.directory import find_fact
from shared.kit.errors import NotFoundError
from shared.kit.ids import new_id
from shared.schemas.location import LocationFacts, SubscriberFacts
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
    """Store the campaign as active, or raise why it cannot be (S-074, N-49, N-60): nothing is planned before every reason is out of the way."""
    kind = types.get(campaign.type)
    if kind is None:
        raise CampaignTypeUnknownError
    location = await find_fact(connection, "location", campaign.location_id, LocationFacts)
    if location is None or location.subscriber_id != subscriber_id:
        raise NotFoundError
    check_settings(kind, campaign.settings, window=window)
    if "audience" in campaign.settings:
        read_audience(campaign.settings["audience"], facts=FACTS, vertical=location.vertical, campaign_types=types)
    refuse_unready(kind, location, await find_fact(connection, "subscriber", subscriber_id, SubscriberFacts))
    if not await knows_zone(connection, location.zone, now):
        raise ZoneRefusedError
    made = NewCampaign(subscriber_id, new_id(), campaign.location_id, campaign.type, dict(campaign.settings))
    await insert_campaign(connection, made, now=now, changed_by=created_by)
    await mark_location(connection, subscriber_id=subscriber_id, location_id=campaign.location_id)
    stored = await find_campaign(connection, subscriber_id=subscriber_id, campaign_id=made.campaign_id)
    assert stored is not None
    return stored
