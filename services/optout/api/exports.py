"""What leaves the ledger: the whole chain for a regulator, the opt-outs in force for the next provider; each on record before its first line."""

from typing import Annotated, Literal

from fastapi import APIRouter, Body
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from services.optout.actions.begin_export import begin_export
from services.optout.actions.hash_addresses import hash_addresses
from services.optout.actions.list_exports import list_exports
from services.optout.actions.stream_chain import stream_chain
from services.optout.actions.stream_suppressions import stream_suppressions
from services.optout.api.asked import (
    LINES,
    ApiDatabase,
    ExportKey,
    GivenAddressKeys,
    Now,
    worked_answer,
    worked_lines,
)
from services.optout.api.proof_examples import CHAIN_LINES, EXPORT, EXPORTS, HASHES, HASHES_ANSWER, LIST_LINES
from shared.kit.auth import Caller, needs
from shared.kit.errors import NotAllowedError
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.ledger import ExportInput, ExportRecord, HashesAnswer, HashesInput
from shared.schemas.wire import Page

router = APIRouter(tags=["evidence"])

AsksForExport = Annotated[ExportInput, Body(examples=[EXPORT])]
Exporter = Annotated[Caller, needs("optouts")]


@router.post("/v1/evidence/exports", response_class=StreamingResponse, responses=worked_lines(*CHAIN_LINES))
async def export_chain(
    body: AsksForExport, connection: Transaction, database: ApiDatabase, caller: Exporter, now: Now
) -> StreamingResponse:
    """Stream the subscriber's whole chain as NDJSON, with the recipe and a program to verify it. A file without its last line is not complete."""
    record = await _begin(connection, caller, "chain", body, now=now)
    return StreamingResponse(stream_chain(database, subscriber_id=caller.subscriber, record=record), media_type=LINES)


@router.post("/v1/suppressions/exports", response_class=StreamingResponse, responses=worked_lines(*LIST_LINES))
async def export_suppressions(
    body: AsksForExport,
    connection: Transaction,
    database: ApiDatabase,
    caller: Exporter,
    key: ExportKey,
    now: Now,
) -> StreamingResponse:
    """Stream the subscriber's opt-outs in force as NDJSON of keyed hashes made for this export; no address can be read from them (L-022)."""
    record = await _begin(connection, caller, "suppressions", body, now=now)
    return StreamingResponse(
        stream_suppressions(database, subscriber_id=caller.subscriber, record=record, key=key), media_type=LINES
    )


@router.post("/v1/suppressions/hashes", responses=worked_answer(HASHES_ANSWER))
async def show_hashes(
    body: Annotated[HashesInput, Body(examples=[HASHES])],
    connection: Transaction,
    caller: Exporter,
    address_keys: GivenAddressKeys,
    key: ExportKey,
) -> HashesAnswer:
    """Tell how an export lists these addresses, whether it does or not: the receiver compares. Addresses are hashed and forgotten."""
    return await hash_addresses(
        connection,
        subscriber_id=caller.subscriber,
        export_id=body.export_id,
        addresses=body.addresses,
        address_keys=address_keys,
        key=key,
    )


@router.get("/v1/evidence-exports", responses=worked_answer(EXPORTS))
async def show_exports(
    connection: Transaction, caller: Exporter, limit: Limit = 50, after: After = None
) -> Page[ExportRecord]:
    """Show what was handed over, newest first."""
    return await list_exports(connection, subscriber_id=caller.subscriber, after=after, limit=limit)


async def _begin(
    connection: AsyncConnection, caller: Caller, kind: Literal["chain", "suppressions"], body: ExportInput, *, now: Now
) -> ExportRecord:
    """Put it on record. A client of single locations does not hand over the whole business."""
    if caller.location_ids:
        raise NotAllowedError
    return await begin_export(
        connection,
        subscriber_id=caller.subscriber,
        kind=kind,
        purpose=body.purpose,
        requested_by=caller.name,
        now=now,
    )
