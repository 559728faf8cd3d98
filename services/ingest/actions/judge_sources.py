"""Puts together how well each of some connections keeps us up to date (S-121)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.domain.source_health import DRIFT_SHOWN, Findings, freshness, late_after, raise_alarms, row_drift
from services.ingest.store import source_health as store
from services.ingest.store.source_columns import read_changed_columns
from shared.schemas.ingest import Connection, Entity
from shared.schemas.sync_health import ColumnDrift, HeldRecords, RowCounts, SourceHealth

_WEEK = 7


async def judge_sources(
    connection: AsyncConnection, *, subscriber_id: UUID, found: Sequence[Connection], now: datetime
) -> list[SourceHealth]:
    """Return the health of these connections of one subscriber, in their order; six queries for all of them."""
    ids = [row.connection_id for row in found]
    daily = await store.count_daily(connection, subscriber=subscriber_id, connections=ids, now=now)
    newest = await store.find_newest(connection, subscriber=subscriber_id, connections=ids)
    sizes: dict[UUID, dict[Entity, list[int]]] = defaultdict(lambda: defaultdict(list))
    for row in await store.list_snapshot_sizes(connection, subscriber=subscriber_id, connections=ids, now=now):
        sizes[row.connection_id][row.entity].append(row.received)
    held = {
        row.connection_id: HeldRecords(**{name: getattr(row, name) for name in HeldRecords.model_fields})
        for row in await store.count_held(connection, subscriber=subscriber_id, connections=ids)
    }
    columns: dict[UUID, list[ColumnDrift]] = defaultdict(list)
    since = now - DRIFT_SHOWN
    for row in await read_changed_columns(connection, subscriber_id=subscriber_id, connection_ids=ids, since=since):
        change = ColumnDrift(entity=row.entity, gone=row.gone, added=row.added, changed_at=row.changed_at)
        columns[row.connection_id].append(change)
    last = {row.connection_id: (row.state, row.received, row.rejected) for row in newest}
    health = []
    for source in found:
        mine = [row for row in daily if row.connection_id == source.connection_id]
        findings = Findings(
            late_at=late_after(source.last_success_at, source.created_at, source.interval_minutes),
            last_success_at=source.last_success_at,
            rows=RowCounts(
                **{
                    name: sum(int(getattr(row, name)) for row in mine if row.days_ago < _WEEK)
                    for name in RowCounts.model_fields
                }
            ),
            daily=[sum(int(row.received) for row in mine if row.days_ago == day) for day in range(store.DAYS)],
            newest=last.get(source.connection_id),
            drifts=row_drift(sizes[source.connection_id]),
            columns=columns[source.connection_id],
            held=held[source.connection_id],
        )
        health.append(_shown(source, findings, now=now))
    return health


def _shown(source: Connection, found: Findings, *, now: datetime) -> SourceHealth:
    waited = now - (source.last_success_at or source.created_at)
    return SourceHealth(
        **source.model_dump(include={"connection_id", "location_id", "name", "connector", "interval_minutes"}),
        freshness=freshness(source.last_success_at, ended_at=source.ended_at, late_at=found.late_at, now=now),
        last_success_at=source.last_success_at,
        lag_minutes=max(0, int(waited.total_seconds() // 60)),
        late_after=found.late_at,
        rows=found.rows,
        row_drift=list(found.drifts),
        column_drift=list(found.columns),
        held=found.held,
        alarms=[] if source.ended_at else raise_alarms(found, now=now),
    )
