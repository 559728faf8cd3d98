"""Requests for another time, for the front desk."""

from typing import Annotated, Final

from fastapi import APIRouter, Query

from services.scheduler.actions.list_time_requests import list_time_requests
from services.scheduler.api.examples import APPOINTMENT_ID, CONSUMER_ID, LOCATION_ID, answers, page_of
from services.scheduler.api.given import Desk, Given, locations_of
from shared.kit.db import set_subscriber
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.answers import TimeRequest, TimeRequestState
from shared.schemas.wire import Page

router = APIRouter(tags=["answers"])
_REQUEST: Final = {
    "appointment_id": APPOINTMENT_ID,
    "starts_at": "2026-03-03T17:30:00Z",
    "consumer_id": CONSUMER_ID,
    "location_id": LOCATION_ID,
    "asked_at": "2026-03-02T15:00:00Z",
    "confirmed_at": None,
    "state": "open",
}


@router.get("/v1/time-requests", responses=answers(page_of(_REQUEST)))
async def list_all(
    connection: Transaction,
    caller: Desk,
    deps: Given,
    state: Annotated[TimeRequestState | None, Query(description="only those in this state")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[TimeRequest]:
    """List for which appointments another time was asked, in the order of asking. Ingest's records name the people."""
    await set_subscriber(connection, caller.subscriber)
    return await list_time_requests(
        connection,
        subscriber_id=caller.subscriber,
        state=state,
        locations=locations_of(caller),
        after=after,
        limit=limit,
        now=deps.clock.now(),
    )
