"""Ends a batch: its report, and the sign that its connection is fresh, are committed before the answer (I6)."""

from services.ingest.deps import Deps
from services.ingest.domain.batch import BatchRunningError, Claim, Upload
from services.ingest.store.batches import close_batch, find_report
from services.ingest.store.connections import note_success
from services.ingest.store.optouts import count_pending
from shared.kit.crashpoints import crashpoint
from shared.schemas.ingest import BatchReport


async def finish_batch(deps: Deps, *, upload: Upload, claim: Claim, body_hash: bytes) -> BatchReport:
    """Close the batch as applied and return its report; opt-outs that optout has not on file are not counted in it."""
    now = deps.clock.now()
    key = {"subscriber_id": upload.subscriber_id, "batch_id": upload.batch_id}
    async with deps.api_db.transaction(upload.subscriber_id) as connection:
        waiting = await count_pending(connection, **key)
        closed = await close_batch(
            connection,
            upload=upload,
            claim_id=claim.claim_id,
            state="applied",
            body_hash=body_hash,
            waiting=waiting,
            now=now,
        )
        if not closed:
            raise BatchRunningError
        await note_success(connection, subscriber_id=upload.subscriber_id, connection_id=upload.connection_id, now=now)
        report = await find_report(connection, **key)
    assert report is not None
    crashpoint("ingest.before_answer")
    return report
