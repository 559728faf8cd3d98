"""Weeks that look quiet, for the front desk."""

from typing import Annotated, Final

from fastapi import APIRouter, Body, Response

from services.scheduler.actions.list_slow_weeks import list_slow_weeks
from services.scheduler.api.examples import LOCATION_ID, answers, page_of, worked
from services.scheduler.api.given import Given, Manager, locations_of, refuse_foreign_location
from services.scheduler.domain.slow_weeks import explain_week
from services.scheduler.store.slow_weeks import dismiss_week
from shared.kit.db import set_subscriber
from shared.kit.errors import NotFoundError
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.slow_weeks import SlowWeek, SlowWeekDismissal
from shared.schemas.wire import Page

router = APIRouter(tags=["campaigns"])
_DISMISSAL: Final = {"location_id": LOCATION_ID, "week_on": "2026-03-09"}
_WEEK: Final = _DISMISSAL | {
    "booked": 21,
    "usual": 34.3,
    "basis": "years",
    "compared_weeks": 3,
    "noticed_at": "2026-03-04T16:00:05Z",
    "measured_at": "2026-03-05T16:00:03Z",
    "explanation": explain_week(21, 34.3, "years", 3),
    "proposal": {
        "location_id": LOCATION_ID,
        "type": "promotion",
        "settings": {
            "words": {"headline": "We have time for you", "text": "It has been a while since your last visit."},
            "audience": {"fact": "last_visit", "operator": "over_days_ago", "value": 180},
            "send_on": "2026-03-06",
        },
        "draft": True,
    },
}


@router.get("/v1/slow-weeks", responses=answers(page_of(_WEEK)))
async def list_all(
    connection: Transaction, caller: Manager, deps: Given, limit: Limit = 50, after: After = None
) -> Page[SlowWeek]:
    """Weeks ahead with fewer appointments than usual, measured every morning; `proposal` can be posted to /v1/campaigns as it stands."""
    await set_subscriber(connection, caller.subscriber)
    return await list_slow_weeks(
        connection,
        subscriber_id=caller.subscriber,
        locations=locations_of(caller),
        after=after,
        limit=limit,
        now=deps.clock.now(),
    )


@router.post("/v1/slow-weeks/dismiss", status_code=204)
async def dismiss(
    given: Annotated[SlowWeekDismissal, Body(openapi_examples=worked(_DISMISSAL))],
    connection: Transaction,
    caller: Manager,
    deps: Given,
) -> Response:
    """Put a week aside: it is not listed any more. Repeating it is harmless."""
    refuse_foreign_location(caller, given.location_id)
    await set_subscriber(connection, caller.subscriber)
    is_there = await dismiss_week(
        connection,
        subscriber_id=caller.subscriber,
        location_id=given.location_id,
        week_on=given.week_on,
        now=deps.clock.now(),
    )
    if not is_there:
        raise NotFoundError
    return Response(status_code=204)
