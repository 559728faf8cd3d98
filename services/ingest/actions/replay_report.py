"""Answers a repeated batch with its first report, if it is the same body, however packed or cut (N-80)."""

import hashlib
from collections.abc import AsyncIterator
from contextlib import aclosing

from services.ingest.actions.read_body import read_body
from services.ingest.deps import Deps
from services.ingest.domain.batch import BatchIdReusedError, ResumeOffsetWrongError, Upload
from services.ingest.store.batches import find_report, lock_batch
from shared.schemas.ingest import BatchReport


async def replay_report(deps: Deps, *, upload: Upload, pieces: AsyncIterator[bytes]) -> BatchReport:
    """Return the report. Raises BatchIdReusedError for another body and ResumeOffsetWrongError for the rest of one."""
    async with deps.api_db.transaction(upload.subscriber_id) as connection:
        row = await lock_batch(connection, upload)
        report = await find_report(connection, subscriber_id=upload.subscriber_id, batch_id=upload.batch_id)
    assert report is not None
    if upload.from_octet:
        raise ResumeOffsetWrongError
    lines_hash = None
    async with aclosing(read_body(pieces, upload=upload, body_hash=hashlib.sha256())) as chunks:
        async for chunk in chunks:
            lines_hash = chunk.lines_hash
    if row.lines_hash != lines_hash:
        raise BatchIdReusedError
    return report
