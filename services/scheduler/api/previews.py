"""Campaigns before they go: what a consumer would read, and a test to the location's own people."""

from typing import Annotated
from uuid import UUID, uuid5

from fastapi import APIRouter, Body, Response

from services.scheduler.actions.preview_campaign import preview_campaign
from services.scheduler.actions.send_test import TestTools, send_test
from services.scheduler.actions.show_campaign import show_campaign
from services.scheduler.api.examples import (
    CAMPAIGN_PREVIEW,
    CAMPAIGN_TEST,
    CAMPAIGN_TEST_INPUT,
    CONSUMER_ID,
    answers,
    worked,
)
from services.scheduler.api.given import Given, Manager, refuse_foreign_location
from shared.kit.auth import Caller, needs
from shared.kit.db import set_subscriber
from shared.kit.ids import new_id
from shared.kit.requests import OnceOnly, Transaction
from shared.schemas.scheduler import CampaignPreview, CampaignPreviewInput, CampaignTest, CampaignTestInput

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
        variant=given.variant,
        types=deps.types,
        window=deps.rules.window,
        stock=deps.stock,
        ingest=deps.ingest,
        mailer=deps.mailer,
        now=deps.clock.now(),
        viewed_by=f"{caller.kind}:{caller.name}",
    )


@router.post(
    "/v1/campaigns/{campaign_id}/test",
    status_code=202,
    response_model=CampaignTest,
    responses=answers(CAMPAIGN_TEST, status=202),
)
async def send_as_test(
    campaign_id: UUID,
    given: Annotated[CampaignTestInput, Body(openapi_examples=worked(CAMPAIGN_TEST_INPUT))],
    connection: Transaction,
    caller: Manager,
    deps: Given,
    once: OnceOnly,
    response: Response,
) -> CampaignTest | Response:
    """Send a draft or a campaign to one of the location's own people, with sample data and links that change nothing; 20 a day a business.

    A repeat under the same Idempotency-Key sends nothing again, even where the first answer was lost on its way.
    """
    await set_subscriber(connection, caller.subscriber)
    campaign = await show_campaign(connection, subscriber_id=caller.subscriber, campaign_id=campaign_id)
    refuse_foreign_location(caller, campaign.location_id)

    async def create() -> CampaignTest:
        response.status_code = 202
        return await send_test(
            connection,
            campaign=campaign,
            given=given,
            tools=TestTools(deps.types, deps.rules.window, deps.stock, deps.links, deps.optout, deps.mailer),
            message_id=uuid5(campaign_id, f"{caller.name} {given.recipient} {given.variant} {once.key}")
            if once.key
            else new_id(),
            now=deps.clock.now(),
        )

    answer: CampaignTest | Response = await once.answer(connection, caller.name, create, response=response)
    return answer
