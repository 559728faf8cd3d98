"""Campaigns: prepare one or switch a type on for a location, edit, pause, resume, end."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query, Response

from services.scheduler.actions.change_campaign import change_campaign
from services.scheduler.actions.create_campaign import create_campaign
from services.scheduler.actions.resend_failed import resend_failed
from services.scheduler.actions.show_campaign import show_campaign
from services.scheduler.api.examples import CAMPAIGN, CAMPAIGN_CHANGE, CAMPAIGN_INPUT, RESEND, answers, page_of, worked
from services.scheduler.api.given import Given, Manager, id_after, locations_of, refuse_foreign_location
from services.scheduler.store.campaigns import list_campaigns
from shared.kit.db import set_subscriber
from shared.kit.requests import (
    After,
    IfMatch,
    Limit,
    OnceOnly,
    Transaction,
    page_cursor,
    set_version,
)
from shared.schemas.scheduler import Campaign, CampaignChange, CampaignInput, Resend, ResendInput
from shared.schemas.wire import Page

router = APIRouter(tags=["campaigns"])


@router.post("/v1/campaigns", status_code=201, response_model=Campaign, responses=answers(CAMPAIGN, status=201))
async def switch_on(
    body: Annotated[CampaignInput, Body(openapi_examples=worked(CAMPAIGN_INPUT))],
    connection: Transaction,
    caller: Manager,
    deps: Given,
    once: OnceOnly,
    response: Response,
) -> Campaign | Response:
    """Switch a campaign type on, or keep it as a draft; refused with every reason while it would not do what is meant (S-074)."""
    await set_subscriber(connection, caller.subscriber)
    refuse_foreign_location(caller, body.location_id)

    async def create() -> Campaign:
        made = await create_campaign(
            connection,
            subscriber_id=caller.subscriber,
            campaign=body,
            types=deps.types,
            window=deps.rules.window,
            now=deps.clock.now(),
            created_by=caller.name,
        )
        response.headers["Location"] = f"/v1/campaigns/{made.campaign_id}"
        response.status_code = 201
        set_version(response, made.version)
        return made

    answer: Campaign | Response = await once.answer(connection, caller.name, create, response=response)
    return answer


@router.get("/v1/campaigns", responses=answers(page_of(CAMPAIGN)))
async def list_all(
    connection: Transaction,
    caller: Manager,
    location_id: Annotated[UUID | None, Query(description="only this location's")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Campaign]:
    """List the campaigns of the locations this credential covers, oldest first."""
    await set_subscriber(connection, caller.subscriber)
    found = await list_campaigns(
        connection,
        subscriber_id=caller.subscriber,
        location_id=location_id,
        locations=locations_of(caller),
        after=id_after(after),
        limit=limit + 1,
    )
    more = page_cursor(str(found[limit - 1].campaign_id)) if len(found) > limit else None
    return Page(items=found[:limit], next=more)


@router.get("/v1/campaigns/{campaign_id}", responses=answers(CAMPAIGN))
async def show_one(campaign_id: UUID, connection: Transaction, caller: Manager, response: Response) -> Campaign:
    """Show a campaign with its version as ETag."""
    await set_subscriber(connection, caller.subscriber)
    campaign = await show_campaign(connection, subscriber_id=caller.subscriber, campaign_id=campaign_id)
    refuse_foreign_location(caller, campaign.location_id)
    set_version(response, campaign.version)
    return campaign


@router.patch("/v1/campaigns/{campaign_id}", responses=answers(CAMPAIGN | {"state": "paused", "version": 2}))
async def change_one(
    campaign_id: UUID,
    body: Annotated[CampaignChange, Body(openapi_examples=worked(CAMPAIGN_CHANGE))],
    connection: Transaction,
    caller: Manager,
    deps: Given,
    version: IfMatch,
    response: Response,
) -> Campaign:
    """Edit a campaign, start a draft, pause, resume or end; what is with the mailer already is asked back."""
    await set_subscriber(connection, caller.subscriber)
    present = await show_campaign(connection, subscriber_id=caller.subscriber, campaign_id=campaign_id)
    refuse_foreign_location(caller, present.location_id)
    changed = await change_campaign(
        connection,
        subscriber_id=caller.subscriber,
        campaign_id=campaign_id,
        change=body,
        version=version,
        types=deps.types,
        window=deps.rules.window,
        now=deps.clock.now(),
        changed_by=caller.name,
    )
    set_version(response, changed.version)
    return changed


@router.post("/v1/campaigns/{campaign_id}/resend", status_code=202, responses=answers(RESEND, status=202))
async def send_failed_again(
    campaign_id: UUID,
    given: Annotated[ResendInput, Body(openapi_examples=worked({}))],
    connection: Transaction,
    caller: Manager,
    deps: Given,
) -> Resend:
    """Send again what failed or bounced for a reason that does not blame the address; never what is uncertain."""
    await set_subscriber(connection, caller.subscriber)
    campaign = await show_campaign(connection, subscriber_id=caller.subscriber, campaign_id=campaign_id)
    refuse_foreign_location(caller, campaign.location_id)
    return await resend_failed(
        connection, subscriber_id=caller.subscriber, campaign_id=campaign_id, now=deps.clock.now()
    )
