"""POST /v1/suppressions/poll: the mailer's follower receives suppressions and with them the lease to send."""

from typing import Annotated

from fastapi import APIRouter, Body

from services.optout.actions.poll_suppressions import poll_suppressions
from services.optout.api.asked import OpenDoor, worked_answer
from services.optout.api.examples import POLL, POLLED
from shared.kit.auth import Caller, only_service
from shared.schemas.optout import SuppressionAnswer, SuppressionPoll

router = APIRouter(tags=["suppressions"])


@router.post("/v1/suppressions/poll", responses=worked_answer(POLLED))
async def poll_log(
    body: Annotated[SuppressionPoll, Body(examples=[POLL])],
    caller: Annotated[Caller, only_service("mailer")],
    door: OpenDoor,
) -> SuppressionAnswer:
    """Answer with the entries after `after`; `lease_seconds` is 0 while anything is missing or the epoch was foreign."""
    return await poll_suppressions(door, poll=body)
