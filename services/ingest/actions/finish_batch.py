"""Ends a batch: its report, and the sign that its connection is fresh, are committed before the answer (I6).

A snapshot is judged here: when it is certainly whole, what it does not name is deleted, else it waits in quarantine for a person (N-76, N-77).
"""

from collections.abc import Mapping, Sequence

from services.ingest.actions.admit_upload import Admission
from services.ingest.actions.delete_absent import delete_absent
from services.ingest.deps import Deps
from services.ingest.domain.batch import BatchRunningError, Claim, Upload
from services.ingest.domain.snapshot import Snapshot, why_quarantined
from services.ingest.store.batches import close_batch, find_report
from services.ingest.store.connections import note_success
from services.ingest.store.optouts import count_pending
from services.ingest.store.snapshots import SnapshotKey, count_absent, forget_names
from services.ingest.store.source_columns import note_columns
from shared.kit.crashpoints import crashpoint
from shared.kit.logs import log
from shared.schemas.ingest import BatchReport, Entity

Columns = Mapping[Entity, tuple[Sequence[str], Sequence[str]]]


async def finish_batch(
    deps: Deps, *, upload: Upload, admission: Admission, claim: Claim, body_hash: bytes, columns: Columns
) -> BatchReport:
    """Close the batch and return its report; opt-outs that optout has not on file are not counted in it.

    `body_hash` is SHA-256; `columns` are, by entity, the fields filled often and those filled at all.
    """
    now = deps.clock.now()
    key = {"subscriber_id": upload.subscriber_id, "batch_id": upload.batch_id}
    quarantine, absent = await _judge(deps, upload=upload, admission=admission, claim=claim, sha256=body_hash.hex())
    async with deps.api_db.transaction(upload.subscriber_id) as connection:
        waiting = await count_pending(connection, **key)
        closed = await close_batch(
            connection,
            upload=upload,
            claim_id=claim.claim_id,
            state="quarantined" if quarantine else "applied",
            body_hash=body_hash,
            waiting=waiting,
            absent=absent,
            quarantine=quarantine,
            now=now,
        )
        if not closed:
            raise BatchRunningError
        if quarantine is None:
            await forget_names(connection, **key)
            source = {"subscriber_id": upload.subscriber_id, "connection_id": upload.connection_id}
            if columns:
                await note_columns(connection, **source, columns=columns, now=now)
            await note_success(connection, **source, now=now)
        report = await find_report(connection, **key)
    assert report is not None
    crashpoint("ingest.before_answer")
    return report


async def _judge(
    deps: Deps, *, upload: Upload, admission: Admission, claim: Claim, sha256: str
) -> tuple[str | None, int]:
    """Return why a snapshot is quarantined, or None and how many rows were deleted by absence."""
    if upload.mode != "snapshot" or upload.entity is None:
        return None, 0
    moment = min(upload.source_time or claim.started_at, claim.started_at)
    key = SnapshotKey(
        upload.subscriber_id, upload.batch_id, upload.connection_id, upload.entity, moment, upload.sequence
    )
    async with deps.api_db.transaction(upload.subscriber_id) as connection:
        kept, absent = await count_absent(connection, key)
    reason = why_quarantined(
        Snapshot(
            complete=upload.complete,
            announced_count=upload.announced_count,
            received=claim.tally.received,
            announced_sha256=upload.announced_sha256,
            sha256=sha256,
            unidentified=claim.tally.unidentified,
            kept=kept,
            absent=absent,
        )
    )
    if reason is not None:
        log("ingest.batches").error("snapshot_quarantined", batch_id=str(upload.batch_id), reason=reason, absent=absent)
        return reason, 0
    return None, await delete_absent(deps, key=key, source=admission.source)
