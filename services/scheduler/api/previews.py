"""Campaigns before they go: what a consumer would read."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body

from services.scheduler.actions.preview_campaign import preview_campaign
from services.scheduler.actions.show_campaign import show_campaign
from services.scheduler.api.examples import CAMPAIGN_PREVIEW, CONSUMER_ID, answers, worked
from services.scheduler.api.given import Given, refuse_foreign_location
from shared.kit.auth import Caller, needs
from shared.kit.db import set_subscriber
from shared.kit.requests import Transaction
from shared.schemas.scheduler import CampaignPreview, CampaignPreviewInput

router = APIRouter(tags=["campaigns"])


@router.post("/v1/campaigns/{campaign_id}/preview", responses=answers(CAMPAIGN_PREVIEW))
async def show_as_consumer(
    campaign_id: UUID,
    given: Annotated[CampaignPreviewInput, Body(openapi_examples=worked({"consumer_id": CONSUMER_ID}))],
    connection: Transaction,
    caller: Annotated[Caller, needs("content")],
    deps: Given,
) -> CampaignPreview:
    """Show a draft or a campaign as this consumer would get it; every look is kept with who looked."""
    await set_subscriber(connection, caller.subscriber)
    campaign = await show_campaign(connection, subscriber_id=caller.subscriber, campaign_id=campaign_id)
    refuse_foreign_location(caller, campaign.location_id)
    return await preview_campaign(
        connection,
        subscriber_id=caller.subscriber,
        campaign=campaign,
        consumer_id=given.consumer_id,
        types=deps.types,
        window=deps.rules.window,
        stock=deps.stock,
        ingest=deps.ingest,
        mailer=deps.mailer,
        now=deps.clock.now(),
        viewed_by=f"{caller.kind}:{caller.name}",
    )
