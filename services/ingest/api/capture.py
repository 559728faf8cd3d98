"""Whom a location can write to, and whom the front desk may ask today."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.ingest.actions.list_uncaptured_visitors import list_uncaptured_visitors
from services.ingest.actions.show_capture import show_capture
from services.ingest.api.examples import CONNECTION_ID, LOCATION_ID, answers
from services.ingest.api.given import Given, Reader
from services.ingest.api.record_examples import CARD
from shared.kit.requests import Transaction
from shared.schemas.capture import Captures, Visitors

_CAPTURE = {"location_id": LOCATION_ID, "people": 4, "captured": 3, "rate": 0.75, "problems": {"typo_suspected": 1}}
_VISITOR = {"appointment_id": CONNECTION_ID, "starts_at": "2026-03-03T17:30:00Z", "consumer": CARD}

router = APIRouter(tags=["capture"])


@router.get("/v1/capture", response_model=Captures, responses=answers({"items": [_CAPTURE]}))
async def read_capture(caller: Reader, deps: Given, connection: Transaction) -> Captures:
    """Show, location by location, how many active people can be written to, and why the others cannot."""
    return await show_capture(connection, caller=caller, clock=deps.clock)


@router.get("/v1/visitors", response_model=Visitors, responses=answers({"items": [_VISITOR]}))
async def read_visitors(
    caller: Reader,
    deps: Given,
    location_id: Annotated[UUID, Query(description="where they visit")],
    on: Annotated[
        date | None, Query(ge=date(2000, 1, 1), le=date(2200, 1, 1), description="local day; today if absent")
    ] = None,
) -> Visitors:
    """List the day's visitors without a usable address, so that the front desk can ask them."""
    return await list_uncaptured_visitors(deps, caller=caller, location_id=location_id, on=on)
