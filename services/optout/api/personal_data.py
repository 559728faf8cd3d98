"""What portal asks for a report to a person: whom a case is about, and what optout holds about them."""

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body

from services.optout.actions.show_personal_data import show_personal_data
from services.optout.actions.show_subject import show_subject
from services.optout.api.asked import Now, worked_answer
from services.optout.api.privacy_cases import GivenParts
from shared.kit.auth import Caller, only_service
from shared.kit.requests import Transaction
from shared.schemas.personal_data import CaseSubject, CaseSubjectInput, PersonalData, PersonalDataQuestion

router = APIRouter(tags=["privacy cases"])
Portal = Annotated[Caller, only_service("portal")]
_SUBSCRIBER: Final = "0192f0c1-7a00-7000-8000-000000000001"
_CASE: Final = "0192f0c1-7a00-7000-8000-00000000c001"
_KEY: Final = "1.q2Vx0b7mTn5sJk3LwPzR4A"
_FOR: Final = {"subscriber_id": _SUBSCRIBER, "actor": "front-desk"}
_SUBJECT: Final = {
    "case_id": _CASE,
    "reference": "P-0000C001",
    "subscriber_id": _SUBSCRIBER,
    "address": "ann@example.com",
    "address_keys": [_KEY],
    "consumer_ids": [],
}
_QUESTION: Final = {"subscriber_id": _SUBSCRIBER, "address": "ann@example.com", "address_keys": [_KEY]}
_RECORD: Final = {"kind": "optout", "channel": "one_click", "occurred_at": "2026-03-02T17:30:00+00:00"}
_HELD: Final = {
    "service": "optout",
    "holdings": [{"kind": "permission", "subscriber_id": _SUBSCRIBER, "records": [_RECORD], "is_cut": False}],
}


@router.post("/v1/privacy-cases/{proven_case_id}/subject", responses=worked_answer(_SUBJECT))
async def tell_subject(
    proven_case_id: UUID,
    body: Annotated[CaseSubjectInput, Body(examples=[_FOR])],
    connection: Transaction,
    caller: Portal,
    parts: GivenParts,
    now: Now,
) -> CaseSubject:
    """Tell whom an access case is about, once they have proven it."""
    return await show_subject(connection, case_id=proven_case_id, asked=body, seal=parts.case_seal, now=now)


@router.post("/v1/personal-data", responses=worked_answer(_HELD))
async def tell_personal_data(
    body: Annotated[PersonalDataQuestion, Body(examples=[_QUESTION])], caller: Portal, parts: GivenParts
) -> PersonalData:
    """Tell everything that is held here about an address."""
    return await show_personal_data(parts, asked=body)
