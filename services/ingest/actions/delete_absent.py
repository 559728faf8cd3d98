"""Deletes what a trusted snapshot does not name, in chunks, each like a batch of deletions: planning hears of every one (S-122)."""

from typing import Final

from services.ingest.deps import Deps
from services.ingest.domain.batch import Source
from services.ingest.store.child_rows import gone_row
from services.ingest.store.merge import merge_rows
from services.ingest.store.snapshots import KIND_OF, SnapshotKey, find_absent
from services.ingest.store.staging import raw_of, stage_rows
from shared.kit.crashpoints import crashpoint

_AT_ONCE: Final = 5000


async def delete_absent(deps: Deps, *, key: SnapshotKey, source: Source) -> int:
    """Return how many rows became tombstones. Run again after a kill it goes on: what is deleted is not absent any more."""
    keys = await deps.row_keys.of(deps.api_db, key.subscriber)
    kind, done = KIND_OF[key.entity], 0
    while True:
        async with deps.api_db.transaction(key.subscriber) as connection:
            absent = await find_absent(connection, key, limit=_AT_ONCE)
            if not absent:
                return done
            raw = await raw_of(connection)
            rows = [gone_row(kind, row_id, key.moment, keys, historic=False) for row_id in absent]
            staging = await stage_rows(raw, connection_id=key.connection, rows=list(rows))
            merged = await merge_rows(raw, staging=staging, kind=kind, subscriber_id=key.subscriber, source=source)
            done += merged.applied
        crashpoint("ingest.after_absent")
