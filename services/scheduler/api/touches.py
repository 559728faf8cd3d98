"""Touches: what was planned and what became of it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.scheduler.actions.list_touches import list_touches
from services.scheduler.api.examples import TOUCH, answers, page_of
from services.scheduler.api.given import Given, Manager, locations_of
from services.scheduler.store.reading import TouchFilter
from shared.kit.db import set_subscriber
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.scheduler import Touch, TouchState
from shared.schemas.wire import Page

router = APIRouter(tags=["touches"])


@router.get("/v1/touches", responses=answers(page_of(TOUCH)))
async def list_all(
    connection: Transaction,
    caller: Manager,
    deps: Given,
    consumer_id: Annotated[UUID | None, Query(description="only this person's")] = None,
    campaign_id: Annotated[UUID | None, Query(description="only this campaign's")] = None,
    state: Annotated[TouchState | None, Query(description="only those in this state")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[Touch]:
    """List touches by due time."""
    await set_subscriber(connection, caller.subscriber)
    return await list_touches(
        connection,
        subscriber_id=caller.subscriber,
        wanted=TouchFilter(consumer_id, campaign_id, state, locations_of(caller)),
        types=deps.types,
        after=after,
        limit=limit,
    )
