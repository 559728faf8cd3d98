"""The change feed and the recipient look-up: what the scheduler plans and dispatches with."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.actions.enrich_changes import enrich_changes
from services.ingest.actions.find_recipients import find_recipients
from services.ingest.api.examples import CHANGES, RECIPIENT_QUERY, RECIPIENTS, answers, worked
from services.ingest.api.given import Given, Scheduler
from shared.kit.feed import LONGEST_WAIT_SECONDS, MOST_ROWS, START, read_changes
from shared.schemas.ingest import RecipientQuery, Recipients
from shared.schemas.wire import Change, Changes

router = APIRouter(tags=["scheduler"])


@router.get("/v1/changes", response_model=Changes, responses=answers(CHANGES))
async def follow_changes(
    caller: Scheduler,
    deps: Given,
    after: Annotated[str, Query(max_length=60, description="`cursor` of the page before")] = START,
    epoch: Annotated[UUID | None, Query(description="`epoch` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = 1000,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT_SECONDS, description="seconds to wait for a row")] = 0,
) -> Changes:
    """Read the feed of consumers, appointments, visits and connections, each with its present facts; 409 `feed_restarted` for a foreign epoch."""
    today = deps.clock.now().date()

    async def enrich(connection: AsyncConnection, changes: list[Change]) -> list[Change]:
        return await enrich_changes(connection, changes, today=today)

    return await read_changes(deps.worker_db, epoch=epoch, after=after, limit=limit, wait_seconds=wait, enrich=enrich)


@router.post("/v1/recipients", response_model=Recipients, responses=answers(RECIPIENTS))
async def look_up_recipients(
    body: Annotated[RecipientQuery, Body(openapi_examples=worked(RECIPIENT_QUERY))], caller: Scheduler, deps: Given
) -> Recipients:
    """Say where the mail about these people goes and what it may call them."""
    return await find_recipients(deps, query=body)
