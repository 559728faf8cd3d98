"""Operations: which stops are set, cancel what they cover, send again what failed, how the queue stands."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Request

from services.mailer.actions.cancel_stopped import cancel_stopped
from services.mailer.actions.list_all_stops import list_all_stops
from services.mailer.actions.recheck_failed import recheck_failed
from services.mailer.actions.show_cancellation import show_cancellation
from services.mailer.actions.show_queue import show_queue
from services.mailer.api import examples
from shared.kit.auth import Caller, needs, only_service
from shared.kit.db import set_subscriber
from shared.kit.requests import Transaction
from shared.schemas.mailer import Cancellation, CancellationInput, Queue, ResendAnswer, ResendInput, Stops, StopScope

router = APIRouter(tags=["operations"])

Operator = Annotated[Caller, needs("operator", services=("scheduler", "portal"))]
StopId = Annotated[str, Path(pattern=r"^(all|[0-9a-f-]{36})$", examples=["all"])]


@router.get("/v1/stops", responses=examples.answered(examples.STOPS))
async def get_stops(connection: Transaction, caller: Operator) -> Stops:
    """List every stop that is set, with its cancellation."""
    return await list_all_stops(connection)


@router.post(
    "/v1/stops/{scope}/{stop_id}/cancellation",
    status_code=202,
    responses=examples.answered(examples.CANCELLATION, status=202),
)
async def post_cancellation(
    scope: StopScope,
    stop_id: StopId,
    given: Annotated[CancellationInput, Body(openapi_examples=examples.worked({}))],
    request: Request,
    connection: Transaction,
    caller: Operator,
) -> Cancellation:
    """Stop a scope at once and cancel everything queued in it; the stop stays until it is lifted."""
    deps: Any = request.app.state.deps
    return await cancel_stopped(connection, scope=scope, stop_id=stop_id, now=deps.clock.now())


@router.get("/v1/stops/{scope}/{stop_id}/cancellation", responses=examples.answered(examples.CANCELLATION))
async def get_cancellation(
    scope: StopScope, stop_id: StopId, connection: Transaction, caller: Operator
) -> Cancellation:
    """Show how far a cancellation is."""
    return await show_cancellation(connection, scope=scope, stop_id=stop_id)


@router.get("/v1/queue", responses=examples.answered(examples.QUEUE))
async def get_queue(request: Request, connection: Transaction, caller: Annotated[Caller, needs("messages")]) -> Queue:
    """Show how the caller's own queue stands."""
    now = request.app.state.deps.clock.now()
    await set_subscriber(connection, caller.subscriber)
    return await show_queue(connection, subscriber_id=caller.subscriber, now=now)


@router.get("/v1/queue/all", responses=examples.answered(examples.QUEUE))
async def get_whole_queue(request: Request, caller: Operator) -> Queue:
    """Show how the queue of all subscribers stands; as the worker, because no subscriber's context sees it."""
    deps: Any = request.app.state.deps
    async with deps.worker_db.transaction() as crossing:
        return await show_queue(crossing, subscriber_id=None, now=deps.clock.now())


@router.post("/v1/messages/resend", responses=examples.answered(examples.RECHECKED))
async def post_resend(
    given: Annotated[ResendInput, Body(openapi_examples=examples.worked(examples.RESEND))],
    request: Request,
    connection: Transaction,
    caller: Annotated[Caller, only_service("scheduler")],
) -> ResendAnswer:
    """Give what failed of a campaign back to the scheduler, which looks at it again; repeating it is harmless."""
    now = request.app.state.deps.clock.now()
    return await recheck_failed(connection, subscriber_id=given.subscriber_id, campaign_id=given.campaign_id, now=now)
