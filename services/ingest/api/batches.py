"""Batches: upload, report, results, and what a person decides about a snapshot in quarantine."""

import asyncio
from time import monotonic
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from services.ingest.actions.admit_upload import admit_upload
from services.ingest.actions.decide_quarantine import decide_quarantine
from services.ingest.actions.download_results import download_results
from services.ingest.actions.list_batches import list_batches
from services.ingest.actions.receive_batch import receive_batch
from services.ingest.actions.show_batch import show_batch
from services.ingest.api.examples import CSV, NDJSON, REPORT, RESULTS, answers, worked
from services.ingest.api.given import Given, Reader, Uploader
from services.ingest.domain.batch import (
    BatchRunningElsewhereError,
    DateOrder,
    EntityNeededError,
    MediaTypeUnknownError,
    Mode,
    SnapshotNotPossibleError,
    Upload,
)
from services.ingest.domain.csv_rows import CHARSETS
from shared.kit.auth import Caller
from shared.kit.errors import UnreadableBodyError
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.batches import QuarantineDecision
from shared.schemas.ingest import BatchReport, Entity
from shared.schemas.wire import Instant, Page

MOST_OCTETS: Final = 2 * 1024**3
LOAD_OCTETS: Final = 8 * 1024**2
"""A larger body, or one of unknown length, counts as a load."""
TWIN_SECONDS: Final = 20.0
TWIN_PAUSE_SECONDS: Final = 0.1
BatchState = Literal["running", "applied", "failed", "quarantined", "rejected"]
_MEDIA: Final = {"application/x-ndjson": "ndjson", "text/csv": "csv"}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "Records, one a line; `Content-Encoding: gzip` is taken. Lines may have 64 kB.",
        "content": {
            "application/x-ndjson": {"schema": {"type": "string"}, "example": NDJSON},
            "text/csv": {"schema": {"type": "string"}, "example": CSV},
        },
    }
}

router = APIRouter(tags=["batches"])


class Asked(BaseModel):
    """What a batch says of itself."""

    connection_id: Annotated[UUID, Field(description="the source")]
    batch_id: Annotated[UUID, Field(description="chosen by the sender; a repeat with the same body is harmless")]
    entity: Annotated[Entity | None, Field(description="what the rows of a CSV are")] = None
    source_time: Annotated[
        Instant | None, Field(description="stands in for `source_updated_at` where records carry none")
    ] = None
    sequence: Annotated[
        int,
        Field(ge=0, le=2**62, description="grows with every batch of a source; orders versions of the same instant"),
    ] = 0
    historic: Annotated[bool, Field(description="an initial load: nobody is welcomed or thanked for what is in it")] = (
        False
    )

    mode: Annotated[
        Mode, Field(description="a `snapshot` names all records of `entity`: what it does not name is deleted")
    ] = "delta"
    complete: Annotated[bool, Field(description="of a snapshot: the source reached its end")] = False
    count: Annotated[int | None, Field(ge=0, le=2**62, description="of a snapshot: how many records it has")] = None
    sha256: Annotated[
        str | None, Field(pattern=r"^[0-9a-fA-F]{64}$", description="of a snapshot: its unpacked body's SHA-256, hex")
    ] = None
    dates: Annotated[
        DateOrder, Field(description="of a CSV: the order in 03/04/2026; serial numbers count days as spreadsheets do")
    ] = "iso"
    from_octet: Annotated[
        int | None,
        Field(ge=0, le=2**62, description="the body is the rest of a failed batch from this unpacked octet on"),
    ] = None


def _upload(caller: Caller, asked: Asked, content_type: str, content_encoding: str) -> Upload:
    media_type, _, parameters = content_type.lower().partition(";")
    media = _MEDIA.get(media_type.strip())
    encoding = content_encoding.strip().lower()
    if media is None or encoding not in ("", "identity", "gzip"):
        raise MediaTypeUnknownError
    charset = CHARSETS.get(parameters.partition("charset=")[2].partition(";")[0].strip().strip('"'))
    if charset is None or (media == "ndjson" and charset != "utf-8"):
        raise UnreadableBodyError("NDJSON is UTF-8, a CSV UTF-8 or Windows-1252")
    if asked.entity is None and (media == "csv" or asked.mode == "snapshot"):
        raise EntityNeededError
    if asked.mode == "snapshot" and (asked.entity == "merge" or asked.from_octet):
        raise SnapshotNotPossibleError
    return Upload(
        subscriber_id=caller.subscriber,
        connection_id=asked.connection_id,
        batch_id=asked.batch_id,
        media="csv" if media == "csv" else "ndjson",
        gzipped=encoding == "gzip",
        entity=asked.entity,
        source_time=asked.source_time,
        sequence=asked.sequence,
        historic=asked.historic,
        mode=asked.mode,
        complete=asked.complete,
        announced_count=asked.count,
        announced_sha256=asked.sha256,
        charset=charset,
        dates=asked.dates,
        from_octet=asked.from_octet,
    )


@router.post(
    "/v1/batches",
    response_model=BatchReport,
    responses=answers(REPORT),
    openapi_extra=_BODY,
    max_body_size=MOST_OCTETS,
)
async def upload_batch(
    request: Request,
    caller: Uploader,
    deps: Given,
    asked: Annotated[Asked, Query()],
    content_type: Annotated[str, Header(max_length=200)] = "",
    content_encoding: Annotated[str, Header(max_length=40)] = "",
    content_length: Annotated[int | None, Header()] = None,
) -> BatchReport:
    """Take a batch of records of one connection. The answer comes when everything is durable and accounts for every record.

    Records are ordered by `source_updated_at`, whatever the order of arrival. Send the same batch id again after a failure: what was merged
    is not merged twice, or send the rest alone with `from_octet`. A twin waits for the first and gets its report. An empty body is a sign of life:
    nothing changed at the source.

    What a snapshot does not name is deleted when it is complete, `count` and `sha256` agree and little is missing; else nothing is, and the batch
    is `quarantined` until `POST /v1/snapshots/{batch id}/decision`.
    """
    upload = _upload(caller, asked, content_type, content_encoding)
    load = upload.is_load or content_length is None or content_length > LOAD_OCTETS
    deadline = monotonic() + TWIN_SECONDS
    while True:
        try:
            with deps.uploads.take(load=load):
                admission = await admit_upload(deps, caller=caller, upload=upload)
                return await receive_batch(deps, upload=upload, admission=admission, pieces=request.stream())
        except BatchRunningElsewhereError:
            if monotonic() >= deadline:
                raise
        await asyncio.sleep(TWIN_PAUSE_SECONDS)


@router.get("/v1/batches", response_model=Page[BatchReport], responses=answers({"items": [REPORT], "next": None}))
async def read_batches(
    caller: Uploader,
    connection: Transaction,
    state: Annotated[BatchState | None, Query(description="`quarantined` lists what waits for a person")] = None,
    after: After = None,
    limit: Limit = 50,
) -> Page[BatchReport]:
    """List batches by descending id, without their rejections."""
    return await list_batches(connection, caller=caller, state=state, after=after, limit=limit)


@router.get("/v1/batches/{batch_id}", response_model=BatchReport, responses=answers(REPORT))
async def read_batch(batch_id: UUID, caller: Uploader, connection: Transaction) -> BatchReport:
    """Show a batch's report, also while it is being read."""
    return await show_batch(connection, caller=caller, batch_id=batch_id)


@router.get(
    "/v1/batches/{batch_id}/results",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/csv": {"example": RESULTS}}}},
)
async def read_batch_results(batch_id: UUID, caller: Uploader, deps: Given, connection: Transaction) -> Response:
    """Download what became of every record, as CSV: line, outcome and, if refused, field and code."""
    await show_batch(connection, caller=caller, batch_id=batch_id)
    rows = download_results(deps, subscriber_id=caller.subscriber, batch_id=batch_id)
    return StreamingResponse(rows, media_type="text/csv")


@router.post("/v1/snapshots/{snapshot_id}/decision", response_model=BatchReport, responses=answers(REPORT))
async def decide_batch(
    snapshot_id: UUID,
    body: Annotated[QuarantineDecision, Body(openapi_examples=worked({"decision": "reject"}))],
    caller: Reader,
    deps: Given,
) -> BatchReport:
    """Release a snapshot (by its batch id) from quarantine, so that what it did not name is deleted now, or reject it: nothing is.

    A person's word, not the sender's scope.
    """
    return await decide_quarantine(deps, caller=caller, batch_id=snapshot_id, decision=body.decision)
