"""Locations of a subscriber and their way through onboarding."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response

from services.portal.actions.change_location import change_location
from services.portal.actions.change_location_state import change_location_state
from services.portal.actions.create_location import create_location
from services.portal.api.access import (
    MOST_OCTETS,
    Given,
    MayManageLocations,
    actor_of,
    enter_location,
    enter_subscriber,
    refuse_bound,
)
from services.portal.api.cursors import after_id, next_page
from services.portal.api.examples import LOCATION, LOCATION_INPUT, answers, page_of, worked
from services.portal.api.shapes import location_shape
from services.portal.store.locations import find_location, list_locations
from services.portal.store.subscribers import find_subscriber
from shared.kit.requests import After, IfMatch, Limit, OnceOnly, Transaction, set_version
from shared.schemas.portal import Location, LocationChange, LocationInput, LocationStateInput
from shared.schemas.wire import Page

router = APIRouter(tags=["locations"], max_body_size=MOST_OCTETS)


@router.post(
    "/v1/subscribers/{subscriber_id}/locations",
    status_code=201,
    response_model=Location,
    responses=answers(LOCATION | {"state": "onboarding", "live_at": None, "version": 1}, status=201),
)
async def add_location(
    subscriber_id: UUID,
    body: Annotated[LocationInput, Body(openapi_examples=worked(LOCATION_INPUT))],
    connection: Transaction,
    caller: MayManageLocations,
    deps: Given,
    once: OnceOnly,
    response: Response,
) -> Location | Response:
    """Add a location; it starts in onboarding (S-074)."""
    refuse_bound(caller)
    await enter_subscriber(connection, caller, subscriber_id)

    async def create() -> Location:
        made = await create_location(
            connection,
            data_keys=deps.data_keys,
            subscriber_id=subscriber_id,
            given=body.model_dump(mode="json"),
            actor=actor_of(caller),
            now=deps.clock.now(),
        )
        response.headers["Location"] = f"/v1/locations/{made.location_id}"
        set_version(response, made.version)
        return location_shape(made)

    answer: Location | Response = await once.answer(connection, actor_of(caller), create, response=response)
    return answer


@router.get("/v1/subscribers/{subscriber_id}/locations", responses=answers(page_of(LOCATION)))
async def show_locations(
    subscriber_id: UUID,
    connection: Transaction,
    caller: MayManageLocations,
    deps: Given,
    limit: Limit = 50,
    after: After = None,
) -> Page[Location]:
    """List a subscriber's locations, oldest first; a client bound to some sees those."""
    await enter_subscriber(connection, caller, subscriber_id)
    await find_subscriber(connection, deps.data_keys, subscriber_id)
    found = await list_locations(connection, subscriber_id=subscriber_id, after=after_id(after), limit=limit)
    items = [location_shape(row) for row in found if caller.covers(row.location_id)]
    return Page(items=items, next=next_page(found, limit, "location_id"))


@router.get("/v1/locations/{location_id}", responses=answers(LOCATION))
async def show_location(
    location_id: UUID, connection: Transaction, caller: MayManageLocations, deps: Given, response: Response
) -> Location:
    """Show one location; the ETag is for edits."""
    await enter_location(connection, deps, caller, location_id)
    found = await find_location(connection, location_id)
    set_version(response, found.version)
    return location_shape(found)


@router.patch("/v1/locations/{location_id}", responses=answers(LOCATION))
async def edit_location(
    location_id: UUID,
    body: Annotated[LocationChange, Body(openapi_examples=worked({"closures": ["2026-12-25", "2027-01-01"]}))],
    connection: Transaction,
    caller: MayManageLocations,
    version: IfMatch,
    deps: Given,
    response: Response,
) -> Location:
    """Edit a location; what is absent stays."""
    await enter_location(connection, deps, caller, location_id)
    edited = await change_location(
        connection,
        data_keys=deps.data_keys,
        location_id=location_id,
        given=body.model_dump(mode="json", exclude_none=True),
        version=version,
        actor=actor_of(caller),
        now=deps.clock.now(),
    )
    set_version(response, edited.version)
    return location_shape(edited)


@router.post("/v1/locations/{location_id}/state", responses=answers(LOCATION))
async def move_location(
    location_id: UUID,
    body: Annotated[LocationStateInput, Body(openapi_examples=worked({"state": "live"}))],
    connection: Transaction,
    caller: MayManageLocations,
    deps: Given,
    response: Response,
) -> Location:
    """Move a location through onboarding; `live` is refused with the list of what is missing (S-074)."""
    await enter_location(connection, deps, caller, location_id)
    moved = await change_location_state(
        connection,
        data_keys=deps.data_keys,
        location_id=location_id,
        state=body.state,
        actor=actor_of(caller),
        now=deps.clock.now(),
    )
    set_version(response, moved.version)
    return location_shape(moved)
