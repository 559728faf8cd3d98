"""Answers a repeated batch with its first report, if it is the same body (N-80)."""

from services.ingest.deps import Deps
from services.ingest.domain.batch import BatchIdReusedError, Upload
from services.ingest.store.batches import find_report, lock_batch
from shared.schemas.ingest import BatchReport


async def replay_report(deps: Deps, *, upload: Upload, body_hash: bytes) -> BatchReport:
    """Return the report; raises BatchIdReusedError for another body."""
    async with deps.api_db.transaction(upload.subscriber_id) as connection:
        row = await lock_batch(connection, upload)
        if bytes(row.body_hash) != body_hash:
            raise BatchIdReusedError
        report = await find_report(connection, subscriber_id=upload.subscriber_id, batch_id=upload.batch_id)
    assert report is not None
    return report
