"""What portal asks for a report to a person."""

from typing import Annotated, Final

from fastapi import APIRouter, Body

from services.scheduler.actions.show_personal_data import show_personal_data
from services.scheduler.api.examples import answers, worked
from services.scheduler.api.given import Given
from shared.kit.auth import Caller, only_service
from shared.schemas.personal_data import PersonalData, PersonalDataQuestion

router = APIRouter(tags=["privacy"])
_SUBSCRIBER: Final = "0192f0c1-7a00-7000-8000-000000000001"
_PERSON: Final = "0192f0c1-7a00-8000-8000-000000000003"
_QUESTION: Final = {
    "subscriber_id": _SUBSCRIBER,
    "address": "ann@example.com",
    "address_keys": ["1.q2Vx0b7mTn5sJk3LwPzR4A"],
    "consumer_ids": [_PERSON],
}
_RECORD: Final = {"campaign_type": "visit_thanks", "state": "sent", "due_at": "2026-03-03T17:00:00+00:00"}
_HELD: Final = {
    "service": "scheduler",
    "holdings": [{"kind": "touch", "subscriber_id": _SUBSCRIBER, "records": [_RECORD], "is_cut": False}],
}


@router.post("/v1/personal-data", responses=answers(_HELD))
async def tell_personal_data(
    body: Annotated[PersonalDataQuestion, Body(openapi_examples=worked(_QUESTION))],
    caller: Annotated[Caller, only_service("portal")],
    deps: Given,
) -> PersonalData:
    """Tell everything that is held here about the people named."""
    return await show_personal_data(deps.worker_db, keys=deps.data_keys, asked=body)
