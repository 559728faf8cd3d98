"""What belongs into practice systems too: connectors that can write claim it and say what the source answered."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Body, Query

from services.ingest.actions.answer_write_back import answer_write_back
from services.ingest.actions.claim_write_backs import claim_write_backs
from services.ingest.actions.keep_confirmations import keep_confirmations
from services.ingest.actions.list_write_backs import list_write_backs
from services.ingest.api.examples import CONNECTION_ID, CONSUMER_ID, SUBSCRIBER_ID, answers, worked
from services.ingest.api.given import Given, Scheduler, Uploader
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.wire import Page
from shared.schemas.write_backs import (
    ConfirmationsInput,
    ConfirmationsKept,
    WriteBackAnswer,
    WriteBackClaim,
    WriteBacks,
    WriteBackState,
    WriteBackStatus,
)

router = APIRouter(tags=["write-backs"])

_ID: Final = "0192f0c1-7a00-7000-8000-000000000031"
_CLAIM_ID: Final = "0192f0c1-7a00-7000-8000-000000000032"
_APPOINTMENT_ID: Final = "0192f0c1-7a00-7000-8000-000000000033"
_CLAIM: Final = {"connection_id": CONNECTION_ID, "limit": 50, "lease_minutes": 10}
_OFFER: Final[dict[str, Any]] = {
    "write_back_id": _ID,
    "connection_id": CONNECTION_ID,
    "consumer_id": CONSUMER_ID,
    "foreign_id": "P-1001",
    "kind": "optout",
    "suppression_class": "all",
    "appointment": None,
    "starts_at": None,
    "decided_at": "2026-03-02T08:00:00Z",
    "tries": 1,
    "claim_id": _CLAIM_ID,
}
_ANSWER: Final = {"claim_id": _CLAIM_ID, "result": "written", "answer": "HTTP200/etag-7"}
_STATUS: Final[dict[str, Any]] = {
    "write_back_id": _ID,
    "connection_id": CONNECTION_ID,
    "consumer_id": CONSUMER_ID,
    "kind": "optout",
    "suppression_class": "all",
    "appointment_id": None,
    "decided_at": "2026-03-02T08:00:00Z",
    "state": "written",
    "tries": 1,
    "answer": "HTTP200/etag-7",
    "answered_at": "2026-03-02T08:05:00Z",
}
_CONFIRMATIONS: Final = {
    "subscriber_id": SUBSCRIBER_ID,
    "confirmations": [
        {
            "confirmation_id": "0192f0c1-7a00-7000-8000-000000000034",
            "appointment_id": _APPOINTMENT_ID,
            "starts_at": "2026-03-03T17:30:00Z",
            "confirmed_at": "2026-03-02T08:00:00Z",
        }
    ],
}


@router.post("/v1/write-backs/claims", response_model=WriteBacks, responses=answers({"items": [_OFFER]}))
async def claim(
    body: Annotated[WriteBackClaim, Body(openapi_examples=worked(_CLAIM))], caller: Uploader, deps: Given
) -> WriteBacks:
    """Claim what is to be written at one connection, opt-outs and lifts of a person in their order. What is not answered is offered again.

    Write, then answer; after a crash in between `tries` says that the source may have it already.
    """
    return await claim_write_backs(deps, caller=caller, wanted=body)


@router.put("/v1/write-backs/{write_back_id}/answer", response_model=WriteBackStatus, responses=answers(_STATUS))
async def answer(
    write_back_id: UUID,
    body: Annotated[WriteBackAnswer, Body(openapi_examples=worked(_ANSWER))],
    caller: Uploader,
    connection: Transaction,
    deps: Given,
) -> WriteBackStatus:
    """Say what the source answered; the same said twice counts once."""
    return await answer_write_back(connection, caller=caller, write_back_id=write_back_id, given=body, clock=deps.clock)


@router.get(
    "/v1/write-backs", response_model=Page[WriteBackStatus], responses=answers({"items": [_STATUS], "next": None})
)
async def list_all(
    caller: Uploader,
    connection: Transaction,
    connection_id: Annotated[UUID | None, Query(description="of one source only")] = None,
    state: Annotated[WriteBackState | None, Query(description="in this state only")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[WriteBackStatus]:
    """List what was to be written and what became of it; for a system that cannot be written, what to enter by hand."""
    return await list_write_backs(
        connection, caller=caller, connection_id=connection_id, state=state, after=after, limit=limit
    )


@router.post(
    "/v1/confirmations",
    response_model=ConfirmationsKept,
    responses=answers({"kept": 1, "repeated": 0, "pointless": 0}),
)
async def take_confirmations(
    body: Annotated[ConfirmationsInput, Body(openapi_examples=worked(_CONFIRMATIONS))],
    caller: Scheduler,
    connection: Transaction,
    deps: Given,
) -> ConfirmationsKept:
    """Keep bookings that their people confirmed, to be written into the practice system."""
    return await keep_confirmations(connection, given=body, now=deps.clock.now())
