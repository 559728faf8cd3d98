"""The register of disclosures to authorities, for the operator: request, two approvals, release (S-110, S-111)."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Body

from services.optout.actions.approve_disclosure import approve_disclosure
from services.optout.actions.find_disclosure import find_disclosure
from services.optout.actions.list_disclosures import list_disclosures
from services.optout.actions.release_disclosure import release_disclosure
from services.optout.actions.request_disclosure import request_disclosure
from services.optout.actions.show_disclosure import show_disclosure
from services.optout.api.asked import Now, worked_answer
from services.optout.api.privacy_cases import GivenParts
from shared.kit.auth import Caller, needs
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.disclosures import ApprovalInput, Disclosure, DisclosureInput, ReleaseInput
from shared.schemas.wire import Page

router = APIRouter(tags=["disclosures"])
Operator = Annotated[Caller, needs("operator")]
_ONE: Final = "/v1/disclosures/{disclosure_id}"
INPUT: Final = {
    "reason": "court_order",
    "authority": "Superior Court, Alameda",
    "reference": "26-CV-114",
    "scope": "Messages to one address in May",
}
_APPROVAL: Final = {"remark": "order and scope examined"}
_RELEASE: Final = {"sha256": "0f" * 32, "octets": 20480, "description": "one file, encrypted for the court"}
_SHOWN: Final[dict[str, Any]] = INPUT | {
    "disclosure_id": "0192f0c1-7a00-7000-8000-00000000d001",
    "state": "requested",
    "subscriber_id": None,
    "requested_by": "operator-1",
    "requested_at": "2026-03-02T17:30:00Z",
    "approvals": [],
    "release": None,
}


@router.post("/v1/disclosures", status_code=201, responses=worked_answer(_SHOWN, 201))
async def ask(
    body: Annotated[DisclosureInput, Body(examples=[INPUT])],
    connection: Transaction,
    caller: Operator,
    parts: GivenParts,
    now: Now,
) -> Disclosure:
    """Put a demand into the register, for one of the four reasons there are."""
    row = await request_disclosure(connection, given=body, seal=parts.disclosure_seal, actor=caller.name, now=now)
    return await show_disclosure(connection, row=row, seal=parts.disclosure_seal)


@router.get("/v1/disclosures", responses=worked_answer({"items": [_SHOWN], "next": None}))
async def show_all(
    connection: Transaction, caller: Operator, parts: GivenParts, limit: Limit = 50, after: After = None
) -> Page[Disclosure]:
    """Read the register, oldest first."""
    return await list_disclosures(connection, seal=parts.disclosure_seal, after=after, limit=limit)


@router.get(_ONE, responses=worked_answer(_SHOWN))
async def show_one(disclosure_id: UUID, connection: Transaction, caller: Operator, parts: GivenParts) -> Disclosure:
    """Show one entry."""
    row = await find_disclosure(connection, disclosure_id=disclosure_id)
    return await show_disclosure(connection, row=row, seal=parts.disclosure_seal)


@router.post(f"{_ONE}/approvals", responses=worked_answer(_SHOWN))
async def approve(
    disclosure_id: UUID,
    body: Annotated[ApprovalInput, Body(examples=[_APPROVAL])],
    connection: Transaction,
    caller: Operator,
    parts: GivenParts,
    now: Now,
) -> Disclosure:
    """Approve it: never who asked for it, nobody twice."""
    row = await find_disclosure(connection, disclosure_id=disclosure_id)
    await approve_disclosure(connection, row=row, remark=body.remark, actor=caller.name, now=now)
    return await show_disclosure(connection, row=row, seal=parts.disclosure_seal)


@router.post(f"{_ONE}/release", responses=worked_answer(_SHOWN))
async def release(
    disclosure_id: UUID,
    body: Annotated[ReleaseInput, Body(examples=[_RELEASE])],
    connection: Transaction,
    caller: Operator,
    parts: GivenParts,
    now: Now,
) -> Disclosure:
    """Put on record what is handed over, before it is; refused (409 `approvals_missing`) until two people have approved."""
    row = await find_disclosure(connection, disclosure_id=disclosure_id)
    await release_disclosure(connection, row=row, given=body, actor=caller.name, now=now)
    return await show_disclosure(connection, row=row, seal=parts.disclosure_seal)
