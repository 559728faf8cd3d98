"""Tells an operator, over all subscribers, which sources are late and what waits for a person (S-121)."""

from datetime import datetime

from services.ingest.store.source_health import count_signals, list_late
from shared.kit.db import Database
from shared.schemas.sync_health import LateSource, SourceSignals


async def read_source_signals(database: Database, *, now: datetime) -> SourceSignals:
    """Return counts and ids; sources of locations that are not live yet are left out. `database` is the worker's, which sees all subscribers."""
    async with database.transaction() as connection:
        totals = await count_signals(connection, now=now)
        late = await list_late(connection, now=now) if totals.late_sources else []
    return SourceSignals(
        sources=totals.sources,
        late_sources=totals.late_sources,
        quarantined_batches=totals.quarantined_batches,
        waiting_optouts=totals.waiting_optouts,
        late=[LateSource(**{name: getattr(row, name) for name in LateSource.model_fields}) for row in late],
    )
