"""Erasures as services acknowledge them, and the legal holds that stand against them (S-036, S-111)."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Query

from services.optout.actions.acknowledge_erasures import acknowledge_erasures
from services.optout.actions.lift_hold import lift_hold
from services.optout.actions.list_holds import list_holds
from services.optout.actions.place_hold import place_hold
from services.optout.api.asked import GivenAddressKeys, Now, worked_answer
from services.optout.api.case_examples import DONE, HOLD, HOLD_END, HOLD_INPUT, HOLDS, NOTED
from shared.kit.auth import Caller, needs, only_service
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.privacy_cases import ErasuresDone, ErasuresNoted, LegalHold, LegalHoldEnd, LegalHoldInput
from shared.schemas.wire import Page

router = APIRouter(tags=["privacy cases"])
Operator = Annotated[Caller, needs("operator")]


@router.post("/v1/erasures/acknowledgements", responses=worked_answer(NOTED))
async def acknowledge(
    body: Annotated[ErasuresDone, Body(examples=[DONE])],
    connection: Transaction,
    caller: Annotated[Caller, only_service("ingest", "mailer")],
    now: Now,
) -> ErasuresNoted:
    """Tell that orders of the feed (kind `erase`) were carried out; a repeat changes nothing. A case closes when all have told."""
    return await acknowledge_erasures(connection, done=body.done, service=caller.name, now=now)


@router.post("/v1/legal-holds", status_code=201, responses=worked_answer(HOLD, 201))
async def place(
    body: Annotated[LegalHoldInput, Body(examples=[HOLD_INPUT])],
    connection: Transaction,
    caller: Operator,
    address_keys: GivenAddressKeys,
    now: Now,
) -> LegalHold:
    """Put a hold on an address. An erasure that is proven meanwhile stops all mail, and erases when the hold has ended."""
    return await place_hold(connection, given=body, address_keys=address_keys, actor=caller.name, now=now)


@router.get("/v1/legal-holds", responses=worked_answer(HOLDS))
async def show_holds(
    connection: Transaction,
    caller: Operator,
    subscriber_id: Annotated[UUID | None, Query(description="whose; the platform's if not named")] = None,
    limit: Limit = 50,
    after: After = None,
) -> Page[LegalHold]:
    """List holds, ended ones too, oldest first."""
    return await list_holds(connection, subscriber_id=subscriber_id, after=after, limit=limit)


@router.post("/v1/legal-holds/{hold_id}/end", responses=worked_answer(HOLD))
async def end(
    hold_id: UUID,
    body: Annotated[LegalHoldEnd, Body(examples=[HOLD_END])],
    connection: Transaction,
    caller: Operator,
    now: Now,
) -> LegalHold:
    """End a hold; erasures that waited for it follow by themselves."""
    return await lift_hold(connection, hold_id=hold_id, given=body, actor=caller.name, now=now)
