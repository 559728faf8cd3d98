"""Subscribers and their acceptance of the agreement."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response

from services.portal.actions.accept_agreement import accept_agreement
from services.portal.actions.change_subscriber import change_subscriber
from services.portal.actions.create_subscriber import create_subscriber
from services.portal.api.access import (
    MOST_OCTETS,
    Given,
    MayManageLocations,
    OperatorOnly,
    actor_of,
    enter_subscriber,
    refuse_bound,
)
from services.portal.api.cursors import after_id, next_page
from services.portal.api.examples import AGREEMENT_INPUT, SUBSCRIBER, SUBSCRIBER_INPUT, answers, page_of, worked
from services.portal.api.sealed_answer import SealedSubscriber
from services.portal.api.shapes import subscriber_shape
from services.portal.store.subscribers import find_subscriber, list_subscribers
from shared.kit.requests import After, IfMatch, Limit, OnceOnly, Transaction, set_version
from shared.schemas.portal import AgreementInput, Subscriber, SubscriberChange, SubscriberInput
from shared.schemas.wire import Page

router = APIRouter(tags=["subscribers"], max_body_size=MOST_OCTETS)
_CREATED = answers(SUBSCRIBER, status=201)


@router.post("/v1/subscribers", status_code=201, response_model=Subscriber, responses=_CREATED)
async def add_subscriber(
    body: Annotated[SubscriberInput, Body(openapi_examples=worked(SUBSCRIBER_INPUT))],
    connection: Transaction,
    caller: OperatorOnly,
    deps: Given,
    once: OnceOnly,
    response: Response,
) -> Subscriber | Response:
    """Take in a subscriber with exactly the fields of S-070."""

    async def create() -> Subscriber:
        made = await create_subscriber(
            connection,
            data_keys=deps.data_keys,
            given=body.model_dump(mode="json"),
            actor=actor_of(caller),
            now=deps.clock.now(),
        )
        response.headers["Location"] = f"/v1/subscribers/{made.subscriber_id}"
        set_version(response, made.version)
        return subscriber_shape(made)

    answer: Subscriber | Response = await once.answer(
        connection, actor_of(caller), create, response=response, seal=SealedSubscriber(deps.data_keys)
    )
    return answer


@router.get("/v1/subscribers", responses=answers(page_of(SUBSCRIBER)))
async def show_subscribers(
    caller: OperatorOnly, deps: Given, limit: Limit = 50, after: After = None
) -> Page[Subscriber]:
    """List all subscribers, oldest first. Read as the worker role: the operator's list crosses subscribers by design."""
    async with deps.worker_db.transaction() as connection:
        found = await list_subscribers(connection, deps.data_keys, after=after_id(after), limit=limit)
    return Page(items=[subscriber_shape(row) for row in found], next=next_page(found, limit, "subscriber_id"))


@router.get("/v1/subscribers/{subscriber_id}", responses=answers(SUBSCRIBER))
async def show_subscriber(
    subscriber_id: UUID, connection: Transaction, caller: MayManageLocations, deps: Given, response: Response
) -> Subscriber:
    """Show one subscriber; the ETag is for edits."""
    await enter_subscriber(connection, caller, subscriber_id)
    found = await find_subscriber(connection, deps.data_keys, subscriber_id)
    set_version(response, found.version)
    return subscriber_shape(found)


@router.patch("/v1/subscribers/{subscriber_id}", responses=answers(SUBSCRIBER))
async def edit_subscriber(
    subscriber_id: UUID,
    body: Annotated[SubscriberChange, Body(openapi_examples=worked({"phone": "+1 415 555 0199"}))],
    connection: Transaction,
    caller: MayManageLocations,
    version: IfMatch,
    deps: Given,
    response: Response,
) -> Subscriber:
    """Edit a subscriber's profile, effective at once (S-120)."""
    refuse_bound(caller)
    await enter_subscriber(connection, caller, subscriber_id)
    edited = await change_subscriber(
        connection,
        data_keys=deps.data_keys,
        subscriber_id=subscriber_id,
        given=body.model_dump(mode="json", exclude_none=True),
        version=version,
        actor=actor_of(caller),
        now=deps.clock.now(),
    )
    set_version(response, edited.version)
    return subscriber_shape(edited)


@router.post(
    "/v1/subscribers/{subscriber_id}/agreements", status_code=201, response_model=Subscriber, responses=_CREATED
)
async def add_agreement(
    subscriber_id: UUID,
    body: Annotated[AgreementInput, Body(openapi_examples=worked(AGREEMENT_INPUT))],
    connection: Transaction,
    caller: MayManageLocations,
    deps: Given,
    once: OnceOnly,
    response: Response,
) -> Subscriber | Response:
    """Record that a named person accepted an agreement version (S-052); answers with the subscriber that now carries it."""
    refuse_bound(caller)
    await enter_subscriber(connection, caller, subscriber_id)

    async def create() -> Subscriber:
        accepted = await accept_agreement(
            connection,
            data_keys=deps.data_keys,
            subscriber_id=subscriber_id,
            version=body.version,
            accepted_by=body.accepted_by,
            actor=actor_of(caller),
            now=deps.clock.now(),
        )
        set_version(response, accepted.version)
        return subscriber_shape(accepted)

    answer: Subscriber | Response = await once.answer(
        connection, actor_of(caller), create, response=response, seal=SealedSubscriber(deps.data_keys)
    )
    return answer
