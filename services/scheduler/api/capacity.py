"""What calendars have free, and the invitations that flow by it."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query

from services.scheduler.actions.report_capacity import report_capacity
from services.scheduler.api.examples import LOCATION_ID, answers
from services.scheduler.api.given import Given, Manager, refuse_foreign_location
from services.scheduler.api.reports import Place, places_of
from services.scheduler.domain.capacity import FORMULA
from services.scheduler.store.capacity import read_free_days
from shared.kit.db import set_subscriber
from shared.kit.directory import find_fact
from shared.kit.errors import NotFoundError
from shared.kit.requests import Transaction
from shared.schemas.capacity import CapacityDay, LocationCapacity
from shared.schemas.location import LocationFacts
from shared.schemas.reports import Report

router = APIRouter(tags=["reports"])
_CAPACITY: Final = {
    "location_id": LOCATION_ID,
    "is_paced": True,
    "free_visits": 41,
    "may_be_open": 78,
    "open_invitations": 60,
    "room": 18,
    "waiting": 112,
}
_DAY: Final = {
    "location_id": LOCATION_ID,
    "day": "2026-03-06",
    "offered_minutes": 1620,
    "booked_minutes": 1300,
    "free_visits": 5,
    "share": 0.91667,
}


@router.get("/v1/reports/capacity", responses=answers({"formula": FORMULA, "items": [_CAPACITY]}))
async def show_capacity(
    connection: Transaction, caller: Manager, deps: Given, location_id: Place = None
) -> Report[LocationCapacity]:
    """What each location's calendar has free now, how many invitations may be open, how many are, and how many wait for room."""
    await set_subscriber(connection, caller.subscriber)
    return await report_capacity(
        connection,
        subscriber_id=caller.subscriber,
        locations=places_of(caller, location_id),
        now=deps.clock.now(),
    )


@router.get("/v1/reports/capacity/rows", responses=answers({"formula": FORMULA, "items": [_DAY]}))
async def list_free_days(
    connection: Transaction,
    caller: Manager,
    deps: Given,
    location_id: Annotated[UUID, Query(openapi_examples={"bright smile": {"value": LOCATION_ID}})],
) -> Report[CapacityDay]:
    """The open days ahead behind a location's figures."""
    refuse_foreign_location(caller, location_id)
    location = await find_fact(connection, "location", location_id, LocationFacts)
    if location is None or location.subscriber_id != caller.subscriber:
        raise NotFoundError
    await set_subscriber(connection, caller.subscriber)
    rows = await read_free_days(
        connection, subscriber_id=caller.subscriber, location_id=location_id, now=deps.clock.now()
    )
    return Report[CapacityDay](formula=FORMULA, items=[CapacityDay.model_validate(row) for row in rows])
