"""Why: for one consumer, what went out, what waits, and why nothing else does."""

from uuid import UUID

from fastapi import APIRouter

from services.scheduler.actions.explain_consumer import explain_consumer
from services.scheduler.api.examples import REASONS, answers
from services.scheduler.api.given import Given, Manager, locations_of
from shared.kit.db import set_subscriber
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.scheduler import Reasons

router = APIRouter(tags=["reasons"])


@router.get("/v1/consumers/{consumer_id}/reasons", responses=answers(REASONS))
async def show_reasons(
    consumer_id: UUID,
    connection: Transaction,
    caller: Manager,
    deps: Given,
    limit: Limit = 200,
    after: After = None,
) -> Reasons:
    """Show a page of a person's touches and, for each campaign that concerns them, why there is nothing (S-003)."""
    await set_subscriber(connection, caller.subscriber)
    return await explain_consumer(
        connection,
        subscriber_id=caller.subscriber,
        consumer_id=consumer_id,
        locations=locations_of(caller),
        types=deps.types,
        now=deps.clock.now(),
        after=after,
        limit=limit,
    )
