"""Messages: submit, cancel, look at one, stop and resume, outcome feed."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Path, Query, Request, Response

from services.mailer.actions.accept_account_mail import accept_account_mail
from services.mailer.actions.accept_messages import accept_messages
from services.mailer.actions.cancel_touches import cancel_touches
from services.mailer.actions.change_stop import change_stop
from services.mailer.actions.list_messages import list_messages
from services.mailer.actions.list_tries import list_tries
from services.mailer.actions.settle_message import settle_message
from services.mailer.actions.show_message import show_message
from services.mailer.api import examples
from shared.kit.auth import Caller, needs, only_service
from shared.kit.feed import START, write_changes
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.account_mail import AccountMailInput
from shared.schemas.mailer import (
    Attempt,
    CancelAnswer,
    CancelInput,
    MessageReceipt,
    MessageReceipts,
    MessagesInput,
    MessageState,
    MessageStatus,
    MessageSummary,
    SettlementInput,
    StopInput,
    StopScope,
)
from shared.schemas.wire import Changes, Page

router = APIRouter(tags=["messages"])


@router.post("/v1/messages", responses=examples.answered(examples.RECEIPTS), max_body_size=32 * 1024 * 1024)
async def post_messages(
    given: Annotated[MessagesInput, Body(openapi_examples=examples.worked(examples.MESSAGES))],
    request: Request,
    connection: Transaction,
    caller: Annotated[Caller, only_service("scheduler", "portal")],
) -> MessageReceipts:
    """Submit messages; each has its own receipt and its own id as idempotency key. Its origin says which service may (scheduler: campaigns)."""
    deps: Any = request.app.state.deps
    receipts = await accept_messages(
        connection,
        given=given.messages,
        keys=deps.data_keys,
        own_hosts=deps.settings.own_hosts,
        pace_secret=deps.settings.pace_secret,
        now=deps.clock.now(),
        submitter=caller.name,
        platform=deps.settings.platform,
    )
    return MessageReceipts(receipts=receipts)


@router.post("/v1/account-mail", responses=examples.answered(examples.RECEIPTS["receipts"][0]))
async def post_account_mail(
    given: Annotated[AccountMailInput, Body(openapi_examples=examples.worked(examples.ACCOUNT_MAIL))],
    request: Request,
    connection: Transaction,
    caller: Annotated[Caller, only_service("scheduler", "portal")],
) -> MessageReceipt:
    """Write to the people of a business in our own name about their use of the service; never to consumers."""
    deps: Any = request.app.state.deps
    return await accept_account_mail(
        connection,
        given,
        submitter=caller.name,
        platform=deps.settings.platform,
        keys=deps.data_keys,
        own_hosts=deps.settings.own_hosts,
        pace_secret=deps.settings.pace_secret,
        now=deps.clock.now(),
    )


@router.post("/v1/messages/cancel", responses=examples.answered(examples.CANCELLED))
async def post_cancel(
    given: Annotated[CancelInput, Body(openapi_examples=examples.worked(examples.CANCEL))],
    request: Request,
    connection: Transaction,
    caller: Annotated[Caller, only_service("scheduler")],
) -> CancelAnswer:
    """Cancel by touch what has not been handed over; repeating it is harmless."""
    now = request.app.state.deps.clock.now()
    return await cancel_touches(connection, subscriber_id=given.subscriber_id, touch_ids=given.touch_ids, now=now)


@router.get("/v1/messages", responses=examples.answered(examples.SUMMARIES))
async def get_messages(
    connection: Transaction,
    caller: Annotated[Caller, needs("messages")],
    state: MessageState = "uncertain",
    limit: Limit = 50,
    after: After = None,
) -> Page[MessageSummary]:
    """List messages in one state, oldest first: by default those that a relay left unanswered and nothing has settled yet."""
    return await list_messages(connection, caller=caller, state=state, after=after, limit=limit)


@router.get("/v1/messages/{message_id}", responses=examples.answered(examples.STATUS))
async def get_message(
    message_id: UUID, request: Request, connection: Transaction, caller: Annotated[Caller, needs("messages")]
) -> MessageStatus:
    """Show what became of a message, attempt by attempt, and who settled it where a relay left it uncertain."""
    keys = request.app.state.deps.data_keys
    return await show_message(connection, caller=caller, message_id=message_id, keys=keys)


@router.get("/v1/messages/{message_id}/attempts", responses=examples.answered(examples.ATTEMPTS))
async def get_attempts(
    message_id: UUID,
    connection: Transaction,
    caller: Annotated[Caller, needs("messages")],
    limit: Limit = 50,
    after: After = None,
) -> Page[Attempt]:
    """List the attempts of a message, oldest first."""
    return await list_tries(connection, caller=caller, message_id=message_id, after=after, limit=limit)


@router.post("/v1/messages/{message_id}/settle", responses=examples.answered(examples.SETTLED))
async def post_settle(
    message_id: UUID,
    given: Annotated[SettlementInput, Body(openapi_examples=examples.worked(examples.SETTLEMENT))],
    request: Request,
    connection: Transaction,
    caller: Annotated[Caller, needs("messages")],
) -> MessageStatus:
    """Settle an uncertain message by a person's word, kept with its reason. Repeating it is harmless; a message that is not uncertain is refused."""
    deps: Any = request.app.state.deps
    return await settle_message(
        connection, caller=caller, message_id=message_id, given=given, keys=deps.data_keys, now=deps.clock.now()
    )


@router.put("/v1/stops/{scope}/{stop_id}", responses=examples.answered(examples.STOP))
async def put_stop(
    scope: StopScope,
    stop_id: Annotated[str, Path(pattern=r"^(all|[0-9a-f-]{36})$", examples=["all"])],
    given: Annotated[StopInput, Body(openapi_examples=examples.worked(examples.STOP))],
    request: Request,
    connection: Transaction,
    caller: Annotated[Caller, only_service("scheduler", "portal")],
) -> StopInput:
    """Pause or resume a campaign, a subscriber or everything; effective with the next marker."""
    now = request.app.state.deps.clock.now()
    return await change_stop(connection, scope=scope, stop_id=stop_id, given=given, now=now)


@router.get("/v1/changes", response_model=Changes, responses=examples.answered(examples.CHANGES))
async def get_changes(
    request: Request,
    caller: Annotated[Caller, only_service("scheduler")],
    epoch: UUID | None = None,
    after: Annotated[str, Query(max_length=60)] = START,
    limit: Annotated[int, Query(ge=1, le=2000)] = 500,
    wait: Annotated[float, Query(ge=0, le=20)] = 0,
    reader: Annotated[str | None, Query(pattern=r"^[a-z_]{1,40}$", description="name of the follower")] = None,
) -> Response:
    """Follow outcomes: one row when a message reaches an end, or when an uncertain one is settled later.

    Asking for what is after a cursor says that all before it is applied: rows that every named reader has passed are dropped in time.
    """
    database = request.app.state.deps.api_db
    known = f"{caller.name}.{reader}" if reader else None
    page = await write_changes(database, epoch=epoch, after=after, limit=limit, wait_seconds=wait, reader=known)
    return Response(page, media_type="application/json")
