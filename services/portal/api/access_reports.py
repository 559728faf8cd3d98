"""The report that answers an access request, as JSON (S-061, N-114); as a page it stands in pages/access_report.py."""

from typing import Annotated, Final

from fastapi import APIRouter, Body

from services.portal.actions.make_access_report import make_access_report
from services.portal.api.access import MOST_OCTETS, Given, actor_of
from services.portal.api.examples import SUBSCRIBER_ID, answers, worked
from shared.kit.auth import Caller, needs
from shared.schemas.personal_data import AccessReport, AccessReportInput

router = APIRouter(tags=["privacy"], max_body_size=MOST_OCTETS)
Worker = Annotated[Caller, needs("privacy")]
_CASE: Final = "0192f0c1-7a00-7000-8000-00000000c001"
_INPUT: Final = {"case_id": _CASE}
_RECORD: Final = {"first_name": "Ann", "last_name": "Lee", "address": "ann@example.com"}
_HOLDING: Final = {"kind": "consumer", "subscriber_id": SUBSCRIBER_ID, "records": [_RECORD], "is_cut": False}
_REPORT: Final = {
    "case_id": _CASE,
    "reference": "P-0000C001",
    "subscriber_id": SUBSCRIBER_ID,
    "address": "ann@example.com",
    "made_at": "2026-03-02T17:30:00Z",
    "services": [{"service": "ingest", "holdings": [_HOLDING], "people": [], "undecided": 0}],
}
AsksForReport = Annotated[AccessReportInput, Body(openapi_examples=worked(_INPUT))]


@router.post("/v1/access-reports", responses=answers(_REPORT))
async def make_report(body: AsksForReport, caller: Worker, deps: Given) -> AccessReport:
    """Put together what all five services hold about the person of a proven access case; the case's history says who did."""
    return await make_access_report(deps, caller=caller, case_id=body.case_id, actor=actor_of(caller))
