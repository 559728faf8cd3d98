"""The operator's hand on the services: HOLD."""

from typing import Annotated

from fastapi import APIRouter, Body, Path

from services.portal.actions.hold_service import hold_service
from services.portal.api.access import MOST_OCTETS, Given, OperatorOnly, actor_of
from services.portal.api.examples import HOLD, answers, worked
from shared.kit.app import HoldInput

router = APIRouter(tags=["services"], max_body_size=MOST_OCTETS)


@router.post("/v1/services/{name}/hold", responses=answers(HOLD))
async def change_service_hold(
    name: Annotated[str, Path(max_length=40, examples=["mailer"])],
    body: Annotated[HoldInput, Body(openapi_examples=worked(HOLD))],
    caller: OperatorOnly,
    deps: Given,
) -> HoldInput:
    """Put a service on HOLD, or release it after a person has looked (I20)."""
    await hold_service(
        deps.api_db,
        services=deps.services,
        name=name,
        on_hold=body.on_hold,
        actor=actor_of(caller),
        now=deps.clock.now(),
    )
    return body
