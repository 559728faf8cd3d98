"""Batches: upload and report."""

from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request
from pydantic import BaseModel, Field

from services.ingest.actions.admit_upload import admit_upload
from services.ingest.actions.receive_batch import receive_batch
from services.ingest.actions.show_batch import show_batch
from services.ingest.api.examples import CSV, NDJSON, REPORT, answers
from services.ingest.api.given import Given, Uploader
from services.ingest.domain.batch import EntityNeededError, MediaTypeUnknownError, Upload
from shared.kit.auth import Caller
from shared.kit.errors import UnreadableBodyError
from shared.kit.requests import Transaction
from shared.schemas.ingest import BatchReport, Entity
from shared.schemas.wire import Instant

MOST_OCTETS: Final = 2 * 1024**3
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


def _upload(caller: Caller, asked: Asked, content_type: str, content_encoding: str) -> Upload:
    media_type, _, parameters = content_type.lower().partition(";")
    media = _MEDIA.get(media_type.strip())
    encoding = content_encoding.strip().lower()
    if media is None or encoding not in ("", "identity", "gzip"):
        raise MediaTypeUnknownError
    charset = parameters.partition("charset=")[2].strip().strip('"')
    if charset not in ("", "utf-8", "utf8"):
        raise UnreadableBodyError("the body must be UTF-8")
    if media == "csv" and asked.entity is None:
        raise EntityNeededError
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
) -> BatchReport:
    """Take a batch of records of one connection. The answer comes when everything is durable and accounts for every record.

    Records are ordered by `source_updated_at`, whatever the order of arrival. Send the same batch id again after a failure: what was merged
    is not merged twice. An empty body is a sign of life: nothing changed at the source.
    """
    upload = _upload(caller, asked, content_type, content_encoding)
    with deps.uploads.take():
        admission = await admit_upload(deps, caller=caller, upload=upload)
        return await receive_batch(deps, upload=upload, admission=admission, pieces=request.stream())


@router.get("/v1/batches/{batch_id}", response_model=BatchReport, responses=answers(REPORT))
async def read_batch(batch_id: UUID, caller: Uploader, connection: Transaction) -> BatchReport:
    """Show a batch's report, also while it is being read."""
    return await show_batch(connection, caller=caller, batch_id=batch_id)
