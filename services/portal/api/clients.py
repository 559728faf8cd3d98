"""API clients of a subscriber."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response

from services.portal.actions.create_client import create_client
from services.portal.actions.revoke_client import revoke_client
from services.portal.api.access import (
    MOST_OCTETS,
    Given,
    MayManageClients,
    actor_of,
    enter_subscriber,
    is_operator,
    refuse_bound,
)
from services.portal.api.cursors import after_id, next_page
from services.portal.api.examples import CLIENT, CLIENT_INPUT, NEW_CLIENT, answers, page_of, worked
from services.portal.api.shapes import client_shape
from services.portal.domain.client import check_grant
from services.portal.store.clients import list_clients
from services.portal.store.subscribers import find_subscriber
from shared.kit.requests import After, Limit, OnceOnly, Transaction
from shared.schemas.portal import Client, ClientInput, NewClient
from shared.schemas.wire import Page

router = APIRouter(tags=["clients"], max_body_size=MOST_OCTETS)


@router.post(
    "/v1/subscribers/{subscriber_id}/clients",
    status_code=201,
    response_model=NewClient,
    responses=answers(NEW_CLIENT, status=201),
)
async def add_client(
    subscriber_id: UUID,
    body: Annotated[ClientInput, Body(openapi_examples=worked(CLIENT_INPUT))],
    connection: Transaction,
    caller: MayManageClients,
    deps: Given,
    once: OnceOnly,
    response: Response,
) -> NewClient | Response:
    """Make an API client. Its secret is in this answer and nowhere else: a repeat with the same Idempotency-Key shows none."""
    await enter_subscriber(connection, caller, subscriber_id)
    if not is_operator(caller):
        check_grant(body.scopes, body.location_ids, held=caller.scopes, covered=caller.location_ids)

    async def create() -> NewClient:
        made, secret = await create_client(
            connection,
            data_keys=deps.data_keys,
            subscriber_id=subscriber_id,
            name=body.name,
            scopes=body.scopes,
            location_ids=body.location_ids,
            actor=actor_of(caller),
            now=deps.clock.now(),
        )
        response.headers["Location"] = f"/v1/subscribers/{subscriber_id}/clients/{made.client_id}"
        return NewClient(**client_shape(made).model_dump(), client_secret=secret)

    answer: NewClient | Response = await once.answer(
        connection, actor_of(caller), create, response=response, keep=_without_secret
    )
    return answer


def _without_secret(made: NewClient) -> NewClient:
    return made.model_copy(update={"client_secret": ""})


@router.get("/v1/subscribers/{subscriber_id}/clients", responses=answers(page_of(CLIENT)))
async def show_clients(
    subscriber_id: UUID,
    connection: Transaction,
    caller: MayManageClients,
    deps: Given,
    limit: Limit = 50,
    after: After = None,
) -> Page[Client]:
    """List a subscriber's clients, oldest first, revoked ones too."""
    refuse_bound(caller)
    await enter_subscriber(connection, caller, subscriber_id)
    await find_subscriber(connection, deps.data_keys, subscriber_id)
    found = await list_clients(connection, subscriber_id=subscriber_id, after=after_id(after), limit=limit)
    return Page(items=[client_shape(row) for row in found], next=next_page(found, limit, "client_id"))


@router.delete("/v1/subscribers/{subscriber_id}/clients/{client_id}", responses=answers(CLIENT))
async def remove_client(
    subscriber_id: UUID, client_id: UUID, connection: Transaction, caller: MayManageClients, deps: Given
) -> Client:
    """Revoke a client: no new tokens from now on, live ones are refused everywhere within 10 s. The record stays."""
    refuse_bound(caller)
    await enter_subscriber(connection, caller, subscriber_id)
    revoked = await revoke_client(
        connection,
        subscriber_id=subscriber_id,
        client_id=client_id,
        actor=actor_of(caller),
        now=deps.clock.now(),
    )
    return client_shape(revoked)
