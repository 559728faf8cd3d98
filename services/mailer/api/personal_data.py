"""What portal asks for a report to a person."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body, Request

from services.mailer.actions.show_personal_data import show_personal_data
from services.mailer.api.examples import answered, worked
from shared.kit.auth import Caller, only_service
from shared.schemas.personal_data import PersonalData, PersonalDataQuestion

router = APIRouter(tags=["privacy"])
_SUBSCRIBER: Final = "0192f0c1-7a00-7000-8000-000000000001"
_QUESTION: Final[dict[str, Any]] = {
    "subscriber_id": _SUBSCRIBER,
    "address": "ann@example.com",
    "address_keys": ["1.q2Vx0b7mTn5sJk3LwPzR4A"],
}
_RECORD: Final = {"origin": "campaign", "state": "sent", "accepted_at": "2026-03-03T17:00:00+00:00"}
_HELD: Final[dict[str, Any]] = {
    "service": "mailer",
    "holdings": [{"kind": "message", "subscriber_id": _SUBSCRIBER, "records": [_RECORD], "is_cut": False}],
}


@router.post("/v1/personal-data", responses=answered(_HELD))
async def tell_personal_data(
    body: Annotated[PersonalDataQuestion, Body(openapi_examples=worked(_QUESTION))],
    caller: Annotated[Caller, only_service("portal")],
    request: Request,
) -> PersonalData:
    """Tell everything that is held here about an address."""
    return await show_personal_data(request.app.state.deps.worker_db, asked=body)
