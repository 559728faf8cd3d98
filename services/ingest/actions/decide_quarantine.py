"""Carries out what a person decided about a snapshot in quarantine (N-76)."""

from typing import Literal
from uuid import UUID

from services.ingest.actions.delete_absent import delete_absent
from services.ingest.deps import Deps
from services.ingest.domain.batch import BatchUnknownError, NotQuarantinedError, Source
from services.ingest.store.batches import add_absent, find_report, keep_decision, lock_quarantined
from services.ingest.store.connections import note_success
from services.ingest.store.snapshots import SnapshotKey, forget_names
from shared.kit.auth import Caller
from shared.schemas.ingest import BatchReport


async def decide_quarantine(
    deps: Deps, *, caller: Caller, batch_id: UUID, decision: Literal["release", "reject"]
) -> BatchReport:
    """Return the report after it. A release killed half-way is asked for again and goes on.

    Raises BatchUnknownError, NotQuarantinedError.
    """
    owner, now = caller.subscriber, deps.clock.now()
    key = {"subscriber_id": owner, "batch_id": batch_id}
    async with deps.api_db.transaction(owner) as connection:
        row = await lock_quarantined(connection, **key)
    if row is None or not caller.covers(row.location_id):
        raise BatchUnknownError
    if row.state != "quarantined":
        raise NotQuarantinedError
    if decision == "release":
        snapshot = SnapshotKey(owner, batch_id, row.connection_id, row.entity, row.snapshot_at, row.sequence)
        source = Source(row.connection_id, row.location_id, row.go_live_at, now, now.date(), row.sequence)
        absent = await delete_absent(deps, key=snapshot, source=source)
    async with deps.api_db.transaction(owner) as connection:
        if (await lock_quarantined(connection, **key)).state != "quarantined":
            raise NotQuarantinedError
        state = "applied" if decision == "release" else "rejected"
        if decision == "release":
            await add_absent(connection, **key, absent=absent)
            await note_success(connection, subscriber_id=owner, connection_id=row.connection_id, now=now)
        await keep_decision(connection, **key, state=state, decided_by=caller.name, now=now)
        await forget_names(connection, **key)
        report = await find_report(connection, **key)
    assert report is not None
    return report
