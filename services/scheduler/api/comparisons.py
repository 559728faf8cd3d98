"""Comparisons of two variants: the rule of a campaign, the report, and the people behind a decision."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.scheduler.actions.report_comparisons import report_comparisons
from services.scheduler.actions.show_campaign import show_campaign
from services.scheduler.actions.show_comparison import show_comparison
from services.scheduler.api import report_examples as worked
from services.scheduler.api.examples import answers, page_of
from services.scheduler.api.given import Given, Manager, refuse_foreign_location
from services.scheduler.api.reports import Days, Place, wanted_of
from services.scheduler.domain.errors import ComparisonOpenError
from services.scheduler.store.comparisons import find_decided, read_compared_people
from shared.kit.db import set_subscriber
from shared.kit.requests import After, Limit, Transaction, read_time_cursor, time_page
from shared.schemas.comparisons import ComparedPerson, ComparedVariant, Comparison
from shared.schemas.reports import Report
from shared.schemas.wire import Page

router = APIRouter(tags=["comparisons"])


@router.get("/v1/campaigns/{campaign_id}/comparison", responses=answers(worked.COMPARISON))
async def show_rule(campaign_id: UUID, connection: Transaction, caller: Manager, deps: Given) -> Comparison:
    """Show the stopping rule of a campaign that compares two variants, stated before its start, and what was decided of each occasion."""
    await set_subscriber(connection, caller.subscriber)
    campaign = await show_campaign(connection, subscriber_id=caller.subscriber, campaign_id=campaign_id)
    refuse_foreign_location(caller, campaign.location_id)
    return await show_comparison(
        connection, campaign=campaign, types=deps.types, window=deps.rules.window, now=deps.clock.now()
    )


@router.get("/v1/reports/comparisons", responses=answers(worked.COMPARISONS))
async def show_comparisons(
    connection: Transaction, caller: Manager, days: Days, location_id: Place = None
) -> Report[ComparedVariant]:
    """Both variants of every occasion in the span; what people did is told once it is decided and not before."""
    await set_subscriber(connection, caller.subscriber)
    return await report_comparisons(connection, wanted_of(caller, location_id, days))


@router.get("/v1/campaigns/{campaign_id}/comparison/people", responses=answers(page_of(worked.COMPARED_PERSON)))
async def list_people(
    campaign_id: UUID,
    connection: Transaction,
    caller: Manager,
    cycle: Annotated[
        str, Query(max_length=60, description="the occasion", openapi_examples={"issue": {"value": "issue@2026-03-04"}})
    ],
    limit: Limit = 50,
    after: After = None,
) -> Page[ComparedPerson]:
    """The people behind a decided comparison, as facts stand now: their arm, when their mail was due, when they responded. 409 while it is open."""
    await set_subscriber(connection, caller.subscriber)
    campaign = await show_campaign(connection, subscriber_id=caller.subscriber, campaign_id=campaign_id)
    refuse_foreign_location(caller, campaign.location_id)
    occasion = await find_decided(connection, subscriber_id=caller.subscriber, campaign_id=campaign_id, cycle=cycle)
    if occasion is None:
        raise ComparisonOpenError
    rows = await read_compared_people(connection, occasion, after=read_time_cursor(after), limit=limit + 1)
    found = [ComparedPerson.model_validate(row) for row in rows]
    return time_page(found, limit, lambda last: (last.due_at, last.touch_id))
