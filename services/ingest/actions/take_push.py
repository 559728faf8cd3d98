"""Takes a genuine push as a batch whose id follows from the push's own: the same push again has no effect and gets the same answer (S73, N-80)."""

import json
from collections.abc import AsyncIterator
from uuid import UUID

from services.ingest.actions.admit_upload import admit_upload
from services.ingest.actions.receive_batch import receive_batch
from services.ingest.deps import Deps
from services.ingest.domain.batch import Upload
from shared.kit.auth import Caller
from shared.kit.crypto import keyed_id
from shared.schemas.ingest import BatchReport
from shared.schemas.webhooks import RecordsEvent


async def take_push(
    deps: Deps, *, subscriber_id: UUID, connection_id: UUID, webhook_id: str, event: RecordsEvent
) -> BatchReport:
    """Return the batch's report when everything is durable. Raises what an upload raises; another body under a known id is BatchIdReusedError."""
    keys = await deps.row_keys.of(deps.api_db, subscriber_id)
    upload = Upload(
        subscriber_id=subscriber_id,
        connection_id=connection_id,
        batch_id=keyed_id(keys.ids, connection_id, "webhook", webhook_id),
        media="ndjson",
        gzipped=False,
        entity=None,
        source_time=event.timestamp,
        sequence=max(0, int(event.timestamp.timestamp() * 1000)),
    )
    body = b"".join(json.dumps(record, ensure_ascii=True).encode() + b"\n" for record in event.data.records)

    async def pieces() -> AsyncIterator[bytes]:
        yield body

    with deps.uploads.take():
        admission = await admit_upload(deps, caller=Caller("anyone", "webhook", subscriber_id), upload=upload)
        return await receive_batch(deps, upload=upload, admission=admission, pieces=pieces())
