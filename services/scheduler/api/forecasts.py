"""Forecasts: who would get a campaign by hand on which day, and who not and why."""

from uuid import UUID

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection

from services.scheduler.actions.forecast_campaign import forecast_campaign
from services.scheduler.actions.forecast_people import forecast_people
from services.scheduler.actions.look_ahead import look_ahead
from services.scheduler.actions.show_campaign import show_campaign
from services.scheduler.api.examples import FORECAST, FORECAST_PERSON, answers, page_of
from services.scheduler.api.given import Given, Manager, id_after, refuse_foreign_location
from services.scheduler.deps import Deps
from services.scheduler.domain.reasons import reason_sentence
from services.scheduler.store.forecasting import Foresight
from shared.kit.auth import Caller
from shared.kit.db import set_subscriber
from shared.kit.requests import After, Limit, Transaction, page_cursor
from shared.schemas.scheduler import Campaign, Forecast, ForecastPerson
from shared.schemas.wire import Page

router = APIRouter(tags=["campaigns"])


@router.get("/v1/campaigns/{campaign_id}/forecast", responses=answers(FORECAST))
async def count_ahead(campaign_id: UUID, connection: Transaction, caller: Manager, deps: Given) -> Forecast:
    """Count who would get the next mail of a draft or a campaign on which day, and who not and why, permission included; nothing is changed."""
    campaign, foresight = await _look(campaign_id, connection, caller, deps)
    return await forecast_campaign(
        connection, campaign=campaign, foresight=foresight, optout=deps.optout, now=deps.clock.now()
    )


@router.get("/v1/campaigns/{campaign_id}/forecast/people", responses=answers(page_of(FORECAST_PERSON)))
async def list_ahead(
    campaign_id: UUID, connection: Transaction, caller: Manager, deps: Given, limit: Limit = 50, after: After = None
) -> Page[ForecastPerson]:
    """List the same person by person, by id."""
    _, foresight = await _look(campaign_id, connection, caller, deps)
    found = await forecast_people(
        connection,
        foresight=foresight,
        optout=deps.optout,
        after=id_after(after),
        limit=limit,
        now=deps.clock.now(),
    )
    items = [
        ForecastPerson(
            consumer_id=person.consumer_id,
            day=outcome.day,
            reason=outcome.reason,
            explanation=reason_sentence(outcome.reason) if outcome.reason else "",
        )
        for person, outcome in found
    ]
    return Page(items=items, next=page_cursor(str(items[-1].consumer_id)) if len(items) == limit else None)


async def _look(
    campaign_id: UUID, connection: AsyncConnection, caller: Caller, deps: Deps
) -> tuple[Campaign, Foresight]:
    await set_subscriber(connection, caller.subscriber)
    campaign = await show_campaign(connection, subscriber_id=caller.subscriber, campaign_id=campaign_id)
    refuse_foreign_location(caller, campaign.location_id)
    foresight = await look_ahead(
        connection, campaign=campaign, types=deps.types, rules=deps.rules, now=deps.clock.now()
    )
    return campaign, foresight
