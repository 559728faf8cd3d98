"""POST /v1/optouts: opt-outs reported by the practice system's sync, by the front desk or by mail (S-037, N-25, L-024)."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Response

from services.optout.actions.record_optouts import record_optouts
from services.optout.api.asked import MOST_BULK_OCTETS, Now, OpenDoor, worked_answer
from services.optout.api.examples import OPTOUTS, RECORDED
from shared.kit.auth import Caller, needs
from shared.kit.errors import NotFoundError
from shared.kit.requests import OnceOnly, Transaction
from shared.schemas.optout import OptoutsInput, Recorded

router = APIRouter(tags=["optouts"])


async def _poke_after_commit(door: OpenDoor) -> AsyncIterator[None]:
    """Wake the waiting followers. Entered before the route's transaction and so left after its commit, when there is something to see."""
    yield
    door.watch.poke()


@router.post(
    "/v1/optouts",
    response_model=Recorded,
    responses=worked_answer(RECORDED),
    max_body_size=MOST_BULK_OCTETS,
    dependencies=[Depends(_poke_after_commit, scope="function")],
)
async def take_optouts(
    body: Annotated[OptoutsInput, Body(examples=[OPTOUTS])],
    connection: Transaction,
    caller: Annotated[Caller, needs("optouts", services=("ingest", "mailer"))],
    once: OnceOnly,
    door: OpenDoor,
    now: Now,
    response: Response,
) -> Any:
    """Put opt-outs of one subscriber on file, all or none: on file when this answers, effective within one send lease (5 s).

    A client speaks for its own subscriber and its own locations only; anything else is as unknown as what does not exist (S2).
    """
    if caller.kind == "client" and (
        body.subscriber_id != caller.subscriber
        or not all(caller.covers(each.location_id) for each in body.optouts if each.location_id is not None)
    ):
        raise NotFoundError
    response.status_code = 200
    return await once.answer(
        connection,
        caller.name,
        lambda: record_optouts(
            connection, subscriber_id=body.subscriber_id, optouts=body.optouts, journal=door.journal, now=now
        ),
        response=response,
    )
