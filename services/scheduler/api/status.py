"""How far planning and dispatch are."""

from fastapi import APIRouter

from services.scheduler.actions.read_status import read_status
from services.scheduler.api.examples import STATUS, answers
from services.scheduler.api.given import Given, Manager
from shared.kit.db import set_subscriber
from shared.kit.requests import Transaction
from shared.schemas.scheduler import PlanStatus

router = APIRouter(tags=["status"])


@router.get("/v1/status", responses=answers(STATUS))
async def show_status(connection: Transaction, caller: Manager, deps: Given) -> PlanStatus:
    """Show what is still to be planned, due and open for the caller's subscriber, and where we stand in the feeds."""
    await set_subscriber(connection, caller.subscriber)
    return await read_status(connection, now=deps.clock.now())
