"""Privacy cases for a front desk (its own business's) and for the operator (the platform's): open, work on, close (S-036, S-061, S-141)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Query, Request, Response

from services.optout.actions.close_case import close_case
from services.optout.actions.edit_case import edit_case
from services.optout.actions.find_case import find_case
from services.optout.actions.list_cases import list_cases
from services.optout.actions.open_case import open_case
from services.optout.actions.request_proof import request_proof
from services.optout.actions.show_case import show_case
from services.optout.api.asked import Now, worked_answer
from services.optout.api.case_examples import CASE, CASE_INPUT, CASE_LISTED, CASES, CHANGE, CLOSURE, PROOF_MAIL, REMARK
from services.optout.deps import POKED, ServiceParts
from services.optout.domain.case_views import listed
from services.optout.domain.cases import Case
from services.optout.domain.entries import PLATFORM
from services.optout.store.cases import CaseEventRow, note_event
from shared.kit.auth import Caller, needs
from shared.kit.errors import NotFoundError
from shared.kit.requests import After, IfMatch, Limit, OnceOnly, Transaction, set_version
from shared.schemas.privacy_cases import (
    CaseChange,
    CaseClosure,
    CaseInput,
    CaseListed,
    CaseRemark,
    PrivacyCase,
    ProofMailInput,
)
from shared.schemas.wire import Page

router = APIRouter(tags=["privacy cases"])
Worker = Annotated[Caller, needs("privacy")]
_CASE = "/v1/privacy-cases/{case_id}"


async def _given_parts(request: Request) -> ServiceParts:
    parts: ServiceParts = request.app.state.deps
    return parts


GivenParts = Annotated[ServiceParts, Depends(_given_parts)]


@router.post("/v1/privacy-cases", status_code=201, responses=worked_answer(CASE_LISTED, 201), dependencies=[POKED])
async def open_one(
    body: Annotated[CaseInput, Body(examples=[CASE_INPUT])],
    connection: Transaction,
    caller: Worker,
    once: OnceOnly,
    parts: GivenParts,
    response: Response,
) -> CaseListed:
    """Open a case. Access, erasure and stop-processing ask the person for proof at once, by a mail to the address; nothing follows without it.

    A client opens cases of its own business and locations, the operator of any business or the platform.
    """
    owner = body.subscriber_id or caller.subscriber_id or PLATFORM
    if caller.subscriber_id not in (None, owner):
        raise NotFoundError
    if caller.location_ids and (body.location_id is None or not caller.covers(body.location_id)):
        raise NotFoundError
    channel = "front_desk" if caller.subscriber_id else "operator"

    async def create() -> CaseListed:
        case = await open_case(parts, connection, subscriber_id=owner, given=body, actor=caller.name, channel=channel)
        response.headers["Location"] = f"/v1/privacy-cases/{case.case_id}"
        return listed(case, parts.clock.now())

    answer: CaseListed = await once.answer(connection, caller.name, create, response=response)
    return answer


@router.get("/v1/privacy-cases", responses=worked_answer(CASES))
async def show_cases(
    connection: Transaction,
    caller: Worker,
    now: Now,
    is_open: Annotated[bool | None, Query(alias="open", description="only open ones, or only closed ones")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[CaseListed]:
    """List cases, oldest first, without anything personal."""
    return await list_cases(
        connection,
        subscriber_id=caller.subscriber_id or PLATFORM,
        locations=sorted(caller.location_ids),
        is_open=is_open,
        after=after,
        limit=limit,
        now=now,
    )


@router.get(_CASE, responses=worked_answer(CASE))
async def show_one(
    case_id: UUID, connection: Transaction, caller: Worker, parts: GivenParts, response: Response
) -> PrivacyCase:
    """Show a case with its history and, of an erasure, who has carried it out and who is awaited."""
    case = await find_case(connection, caller=caller, case_id=case_id)
    return await _shown(connection, case, parts, response)


@router.patch(_CASE, responses=worked_answer(CASE))
async def edit_one(
    case_id: UUID,
    body: Annotated[CaseChange, Body(examples=[CHANGE])],
    connection: Transaction,
    caller: Worker,
    parts: GivenParts,
    version: IfMatch,
    response: Response,
) -> PrivacyCase:
    """Give it to somebody, say what an unclear one is, or prolong it once by what its law allows."""
    case = await find_case(connection, caller=caller, case_id=case_id, lock=True)
    now = parts.clock.now()
    case = await edit_case(connection, case=case, version=version, change=body, actor=caller.name, now=now)
    return await _shown(connection, case, parts, response)


@router.post(f"{_CASE}/proof-mail", responses=worked_answer(CASE), dependencies=[POKED])
async def send_proof_mail(
    case_id: UUID,
    body: Annotated[ProofMailInput, Body(examples=[PROOF_MAIL])],
    connection: Transaction,
    caller: Worker,
    parts: GivenParts,
    response: Response,
) -> PrivacyCase:
    """Ask for proof, or ask again: the link of an earlier mail ends. At most three mails a day to one address."""
    case = await find_case(connection, caller=caller, case_id=case_id, lock=True)
    case = await request_proof(parts, connection, case=case, language=body.language, actor=caller.name)
    return await _shown(connection, case, parts, response)


@router.post(f"{_CASE}/remarks", responses=worked_answer(CASE))
async def add_remark(
    case_id: UUID,
    body: Annotated[CaseRemark, Body(examples=[REMARK])],
    connection: Transaction,
    caller: Worker,
    parts: GivenParts,
    response: Response,
) -> PrivacyCase:
    """Add a line to the history, which nobody can alter: it names no person."""
    case = await find_case(connection, caller=caller, case_id=case_id)
    event = CaseEventRow(parts.clock.now(), caller.name, "remark", body.remark)
    await note_event(connection, case.subscriber_id, case.case_id, event)
    return await _shown(connection, case, parts, response)


@router.post(f"{_CASE}/closure", responses=worked_answer(CASE))
async def close_one(
    case_id: UUID,
    body: Annotated[CaseClosure, Body(examples=[CLOSURE])],
    connection: Transaction,
    caller: Worker,
    parts: GivenParts,
    response: Response,
) -> PrivacyCase:
    """End a case. An erasure that was proven ends by itself when ingest and mailer have acknowledged it."""
    case = await find_case(connection, caller=caller, case_id=case_id, lock=True)
    case = await close_case(connection, case=case, closure=body, actor=caller.name, now=parts.clock.now())
    return await _shown(connection, case, parts, response)


async def _shown(connection: Transaction, case: Case, parts: ServiceParts, response: Response) -> PrivacyCase:
    set_version(response, case.version)
    return await show_case(connection, case=case, seal=parts.case_seal, now=parts.clock.now())
