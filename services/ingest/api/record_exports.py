"""A subscriber takes its own data out: streamed, on record before the first line, by a person only freshly signed in (S-056, N-113)."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Body
from fastapi.responses import StreamingResponse

from services.ingest.actions.begin_record_export import begin_record_export
from services.ingest.actions.list_record_exports import list_record_exports
from services.ingest.actions.stream_record_export import stream_record_export
from services.ingest.api.examples import CONSUMER_ID, LOCATION_ID, answers, worked
from services.ingest.api.given import Given, Reader
from shared.kit.requests import After, Limit, Transaction
from shared.schemas.record_exports import RecordExport, RecordExportInput
from shared.schemas.wire import Page

router = APIRouter(tags=["record exports"])

_INPUT: Final = {"entity": "consumer", "format": "ndjson", "purpose": "Change of provider, asked for by the owner"}
_EXPORT: Final[dict[str, Any]] = _INPUT | {
    "export_id": "0192f0c1-7a00-7000-8000-000000000041",
    "location_id": None,
    "requested_by": "front desk",
    "made_at": "2026-03-02T08:00:00Z",
    "rows": 2051,
    "finished_at": "2026-03-02T08:00:03Z",
    "information": "consumer",
}
_LINES: Final = (
    '{"export":{"entity":"consumer","format":"ndjson","information":"consumer"},"columns":["consumer_id","location_id","first_name","opted_out"]}\n'
    f'{{"consumer_id":"{CONSUMER_ID}","location_id":"{LOCATION_ID}","first_name":"Ann","opted_out":"commercial"}}\n'
    '{"exported":1}\n'
)
_CSV: Final = f"consumer_id,location_id,first_name,opted_out\r\n{CONSUMER_ID},{LOCATION_ID},Ann,commercial\r\n"
_TYPES: Final = {"csv": "text/csv", "ndjson": "application/x-ndjson"}


@router.post(
    "/v1/record-exports",
    response_class=StreamingResponse,
    responses={200: {"content": {"application/x-ndjson": {"example": _LINES}, "text/csv": {"example": _CSV}}}},
)
async def export_records(
    body: Annotated[RecordExportInput, Body(openapi_examples=worked(_INPUT))], caller: Reader, deps: Given
) -> StreamingResponse:
    """Stream all records of one kind at the locations this credential covers, people with what they have opted out of.

    A person (a token with `auth_time`) must have signed in within ten minutes. A file that was cut short has no `finished_at` in the list of exports.
    """
    record = await begin_record_export(deps, caller=caller, wanted=body)
    return StreamingResponse(
        stream_record_export(deps, caller=caller, record=record),
        media_type=_TYPES[record.format],
        headers={
            "Content-Disposition": f'attachment; filename="{record.entity}-{record.made_at:%Y%m%d}.{record.format}"',
            "Dueback-Export-Id": str(record.export_id),
            "Cache-Control": "no-store",
        },
    )


@router.get(
    "/v1/record-exports",
    response_model=Page[RecordExport],
    responses=answers({"items": [_EXPORT], "next": None}),
)
async def list_exports(
    caller: Reader, connection: Transaction, after: After = None, limit: Limit = 50
) -> Page[RecordExport]:
    """List what was taken out, newest first, by whom and what for."""
    return await list_record_exports(connection, caller=caller, after=after, limit=limit)
