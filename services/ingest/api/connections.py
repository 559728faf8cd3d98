"""Connections: the sources of a location."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Response

from services.ingest.actions.create_connection import create_connection
from services.ingest.actions.end_connection import end_connection
from services.ingest.actions.list_own_connections import list_own_connections
from services.ingest.actions.show_connection import show_connection
from services.ingest.api.examples import CONNECTION, CONNECTION_INPUT, answers, worked
from services.ingest.api.given import Given, Uploader
from shared.kit.requests import After, IfMatch, Limit, OnceOnly, Transaction, set_version
from shared.schemas.ingest import Connection, ConnectionInput
from shared.schemas.wire import Page

router = APIRouter(tags=["connections"])


@router.post(
    "/v1/connections",
    status_code=201,
    response_model=Connection,
    responses=answers(CONNECTION | {"last_success_at": None}, status=201),
)
async def add_connection(
    body: Annotated[ConnectionInput, Body(openapi_examples=worked(CONNECTION_INPUT))],
    connection: Transaction,
    caller: Uploader,
    deps: Given,
    once: OnceOnly,
    response: Response,
) -> Connection | Response:
    """Make a connection of one of the subscriber's locations."""

    async def create() -> Connection:
        made = await create_connection(connection, caller=caller, wanted=body, now=deps.clock.now())
        response.headers["Location"] = f"/v1/connections/{made.connection_id}"
        set_version(response, made.version)
        return made

    answer: Connection | Response = await once.answer(connection, caller.name, create, response=response)
    return answer


@router.get(
    "/v1/connections",
    response_model=Page[Connection],
    responses=answers({"items": [CONNECTION], "next": None}),
)
async def list_all_connections(
    caller: Uploader, connection: Transaction, after: After = None, limit: Limit = 50
) -> Page[Connection]:
    """List the connections of the locations this credential covers."""
    return await list_own_connections(connection, caller=caller, after=after, limit=limit)


@router.get("/v1/connections/{connection_id}", response_model=Connection, responses=answers(CONNECTION))
async def read_connection(
    connection_id: UUID, caller: Uploader, connection: Transaction, response: Response
) -> Connection:
    """Show a connection and when it last delivered; the ETag is for edits."""
    found = await show_connection(connection, caller=caller, connection_id=connection_id)
    set_version(response, found.version)
    return found


@router.delete(
    "/v1/connections/{connection_id}",
    response_model=Connection,
    responses=answers(CONNECTION | {"ended_at": "2026-03-02T10:00:00Z", "version": 2}),
)
async def delete_connection(
    connection_id: UUID, version: IfMatch, caller: Uploader, deps: Given, response: Response
) -> Connection:
    """End a connection for good: it takes no records, nothing of it falls due, its pushes are refused and nothing is written back. What it
    brought, its batches and their reports stay readable.
    """
    ended = await end_connection(deps, caller=caller, connection_id=connection_id, version=version)
    set_version(response, ended.version)
    return ended
