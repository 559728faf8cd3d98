"""What portal asks for a report to a person."""

from typing import Annotated, Final

from fastapi import APIRouter, Body

from services.ingest.actions.show_personal_data import show_personal_data
from services.ingest.api.examples import answers, worked
from services.ingest.api.given import Given
from shared.kit.auth import Caller, only_service
from shared.schemas.personal_data import PersonalData, PersonalDataQuestion

router = APIRouter(tags=["privacy"])
_SUBSCRIBER: Final = "0192f0c1-7a00-7000-8000-000000000001"
_PERSON: Final = "0192f0c1-7a00-8000-8000-000000000003"
_QUESTION: Final = {
    "subscriber_id": _SUBSCRIBER,
    "address": "ann@example.com",
    "address_keys": ["1.q2Vx0b7mTn5sJk3LwPzR4A"],
}
_RECORD: Final = {"first_name": "Ann", "last_name": "Lee", "address": "ann@example.com"}
_HELD: Final = {
    "service": "ingest",
    "holdings": [{"kind": "consumer", "subscriber_id": _SUBSCRIBER, "records": [_RECORD], "is_cut": False}],
    "people": [{"subscriber_id": _SUBSCRIBER, "consumer_id": _PERSON}],
    "undecided": 0,
}


@router.post("/v1/personal-data", responses=answers(_HELD))
async def tell_personal_data(
    body: Annotated[PersonalDataQuestion, Body(openapi_examples=worked(_QUESTION))],
    caller: Annotated[Caller, only_service("portal")],
    deps: Given,
) -> PersonalData:
    """Tell everything that is held here about whom a mailbox stands for."""
    return await show_personal_data(deps, asked=body)
