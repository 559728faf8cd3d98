"""POST /v1/bounces: what became of a mail, beside what is permitted and apart from it."""

from typing import Annotated

from fastapi import APIRouter, Body

from services.optout.actions.record_bounces import record_bounces
from services.optout.api.asked import MOST_BULK_OCTETS, Now, worked_answer
from services.optout.api.examples import RECORDED
from services.optout.api.proof_examples import BOUNCES
from shared.kit.auth import Caller, only_service
from shared.kit.requests import Transaction
from shared.schemas.ledger import BouncesInput
from shared.schemas.optout import Recorded

router = APIRouter(tags=["evidence"])


@router.post("/v1/bounces", responses=worked_answer(RECORDED), max_body_size=MOST_BULK_OCTETS)
async def take_bounces(
    body: Annotated[BouncesInput, Body(examples=[BOUNCES])],
    connection: Transaction,
    caller: Annotated[Caller, only_service("mailer")],
    now: Now,
) -> Recorded:
    """Put bounces of one subscriber's mail on file; a repeat of a bounce_id changes nothing and is counted."""
    return await record_bounces(connection, subscriber_id=body.subscriber_id, bounces=body.bounces, now=now)
