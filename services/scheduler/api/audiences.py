"""Audiences: which facts there are to choose by, and whom a rule would choose now."""

from typing import Annotated

from fastapi import APIRouter, Body

from services.scheduler.actions.count_audience import count_audience
from services.scheduler.api.examples import (
    AUDIENCE_COUNT,
    AUDIENCE_COUNT_INPUT,
    AUDIENCE_FACT,
    answers,
    page_of,
    worked,
)
from services.scheduler.api.given import Given, Manager, refuse_foreign_location
from services.scheduler.domain.audience import OPERATORS
from services.scheduler.store.audience_facts import FACTS
from shared.kit.db import set_subscriber
from shared.kit.requests import Transaction
from shared.schemas.audience import AudienceCount, AudienceCountInput, AudienceFact
from shared.schemas.wire import Page

router = APIRouter(tags=["audiences"])


@router.get("/v1/audiences/facts", responses=answers(page_of(AUDIENCE_FACT)))
async def list_facts(caller: Manager, deps: Given) -> Page[AudienceFact]:
    """List every fact with its operators and words; the list is short and comes whole."""
    items = [
        AudienceFact(
            slug=slug,
            title=fact.words,
            kind=fact.kind,
            verticals=list(fact.verticals),
            operators=list(OPERATORS[fact.kind]),
            values=sorted(deps.types)
            if fact.choices == "campaign_type"
            else []
            if fact.choices == "location"
            else list(fact.choices or ()),
            days=fact.days,
        )
        for slug, fact in FACTS.items()
    ]
    return Page(items=items, next=None)


@router.post("/v1/audiences/count", responses=answers(AUDIENCE_COUNT))
async def count_one(
    body: Annotated[AudienceCountInput, Body(openapi_examples=worked(AUDIENCE_COUNT_INPUT))],
    connection: Transaction,
    caller: Manager,
    deps: Given,
) -> AudienceCount:
    """Say in words whom a rule chooses at a location and how many that are now; nothing is stored."""
    await set_subscriber(connection, caller.subscriber)
    refuse_foreign_location(caller, body.location_id)
    return await count_audience(
        connection, subscriber_id=caller.subscriber, wanted=body, campaign_types=deps.types, now=deps.clock.now()
    )
