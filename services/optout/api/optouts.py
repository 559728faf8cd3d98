"""POST /v1/optouts: opt-outs reported by the practice system's sync, by the front desk or by mail (S-037, N-25, L-024)."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from services.optout.actions.record_optouts import record_optouts
from services.optout.api.asked import MOST_BULK_OCTETS, Now, OpenDoor, worked_answer
from services.optout.api.examples import OPTOUTS, RECORDED
from services.optout.deps import POKED
from services.optout.domain.entries import ChannelNotYoursError
from shared.kit.auth import Caller, needs
from shared.kit.errors import NotFoundError
from shared.kit.requests import OnceOnly, Transaction
from shared.schemas.optout import OptoutsInput, Recorded

router = APIRouter(tags=["optouts"])


@router.post(
    "/v1/optouts",
    response_model=Recorded,
    responses=worked_answer(RECORDED),
    max_body_size=MOST_BULK_OCTETS,
    dependencies=[POKED],
)
async def take_optouts(
    body: Annotated[OptoutsInput, Body(examples=[OPTOUTS])],
    request: Request,
    connection: Transaction,
    caller: Annotated[Caller, needs("optouts", services=("ingest", "mailer"))],
    once: OnceOnly,
    door: OpenDoor,
    now: Now,
    response: Response,
) -> Any:
    """Put opt-outs of one subscriber on file, all or none: on file when this answers, effective within one send lease (5 s).

    A client speaks for its own subscriber and its own locations only; anything else is as unknown as what does not exist (S2). Staff report by
    channel `front_desk`, and who did is added to the evidence (N-25); the other channels are their services' (403 `channel_not_yours`).
    """
    if caller.kind == "client" and (
        body.subscriber_id != caller.subscriber
        or not all(caller.covers(each.location_id) for each in body.optouts if each.location_id is not None)
    ):
        raise NotFoundError
    reporters = request.app.state.deps.reporters
    mine = "staff" if caller.kind == "client" else caller.name
    if any(mine not in reporters.get(each.channel, ()) for each in body.optouts):
        raise ChannelNotYoursError
    response.status_code = 200
    return await once.answer(
        connection,
        caller.name,
        lambda: record_optouts(
            connection,
            subscriber_id=body.subscriber_id,
            optouts=body.optouts,
            client=caller.name if caller.kind == "client" else None,
            journal=door.journal,
            now=now,
        ),
        response=response,
    )
