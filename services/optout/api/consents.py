"""POST /v1/consents: permission gets on file in bulk (architecture 2)."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from services.optout.actions.record_consents import record_consents
from services.optout.api.asked import MOST_BULK_OCTETS, Now, worked_answer
from services.optout.api.examples import CONSENTS, RECORDED
from shared.kit.auth import Caller, only_service
from shared.kit.requests import OnceOnly, Transaction
from shared.schemas.optout import ConsentsInput, Recorded

router = APIRouter(tags=["consents"])


@router.post("/v1/consents", response_model=Recorded, responses=worked_answer(RECORDED), max_body_size=MOST_BULK_OCTETS)
async def take_consents(
    body: Annotated[ConsentsInput, Body(examples=[CONSENTS])],
    connection: Transaction,
    caller: Annotated[Caller, only_service("ingest")],
    once: OnceOnly,
    now: Now,
    response: Response,
) -> Any:
    """Put consents of one subscriber on file; a repeat of a consent_id changes nothing and is counted."""
    response.status_code = 200
    return await once.answer(
        connection,
        caller.name,
        lambda: record_consents(connection, subscriber_id=body.subscriber_id, consents=body.consents, now=now),
        response=response,
    )
