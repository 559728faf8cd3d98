"""Operators beside the first one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response

from services.portal.actions.create_operator import create_operator
from services.portal.actions.revoke_operator import revoke_operator
from services.portal.api.access import MOST_OCTETS, Given, OperatorOnly, actor_of
from services.portal.api.cursors import after_id, next_page
from services.portal.api.examples import NEW_OPERATOR, OPERATOR, OPERATOR_INPUT, answers, page_of, worked
from services.portal.api.shapes import operator_shape
from services.portal.store.operators import list_operators
from shared.kit.requests import After, Limit, OnceOnly, Transaction
from shared.schemas.portal import NewOperator, Operator, OperatorInput
from shared.schemas.wire import Page

router = APIRouter(tags=["operators"], max_body_size=MOST_OCTETS)


@router.post("/v1/operators", status_code=201, response_model=NewOperator, responses=answers(NEW_OPERATOR, status=201))
async def add_operator(
    body: Annotated[OperatorInput, Body(openapi_examples=worked(OPERATOR_INPUT))],
    connection: Transaction,
    caller: OperatorOnly,
    deps: Given,
    once: OnceOnly,
    response: Response,
) -> NewOperator | Response:
    """Make a credential for another person who runs the installation: what two people must approve needs as many.

    The secret is in this answer and nowhere else: a repeat with the same Idempotency-Key shows none.
    """

    async def create() -> NewOperator:
        made, secret = await create_operator(connection, name=body.name, actor=actor_of(caller), now=deps.clock.now())
        response.headers["Location"] = f"/v1/operators/{made.client_id}"
        return NewOperator(**operator_shape(made).model_dump(), client_secret=secret)

    answer: NewOperator | Response = await once.answer(
        connection, actor_of(caller), create, response=response, keep=_without_secret
    )
    return answer


def _without_secret(made: NewOperator) -> NewOperator:
    return made.model_copy(update={"client_secret": ""})


@router.get("/v1/operators", responses=answers(page_of(OPERATOR)))
async def show_operators(
    connection: Transaction, caller: OperatorOnly, limit: Limit = 50, after: After = None
) -> Page[Operator]:
    """List them, oldest first, revoked ones too. The first operator, whose credential stands in the settings, is not among them."""
    found = await list_operators(connection, after=after_id(after), limit=limit)
    return Page(items=[operator_shape(row) for row in found], next=next_page(found, limit, "client_id"))


@router.delete("/v1/operators/{operator_id}", responses=answers(OPERATOR))
async def remove_operator(operator_id: UUID, connection: Transaction, caller: OperatorOnly, deps: Given) -> Operator:
    """Revoke an operator: no new tokens from now on, live ones are refused everywhere within 10 s. The record stays."""
    revoked = await revoke_operator(connection, client_id=operator_id, actor=actor_of(caller), now=deps.clock.now())
    return operator_shape(revoked)
