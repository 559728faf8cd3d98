"""Ingest's wire: how well each source keeps us up to date (S-121, S-126)."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from shared.schemas.ingest import Entity
from shared.schemas.wire import Instant, Slug, Wire

Freshness = Literal["fresh", "late", "never", "ended"]
Alarm = Literal[
    "source_late",
    "source_silent",
    "batch_failed",
    "batch_quarantined",
    "many_rejected",
    "rows_dropped",
    "rows_surged",
    "columns_gone",
    "records_parked",
    "optouts_waiting",
]
"""`source_late`: no success for two intervals. `source_silent`: it answers, yet no record for three days. `batch_failed`, `many_rejected`: the newest
batch ended so. `batch_quarantined`: a snapshot waits for a person (N-76). `rows_dropped`, `rows_surged`: the newest snapshot is much smaller or
larger than usual. `columns_gone`: a field that used to be filled came empty. `records_parked`: children wait for their person for over a day (N-87).
`optouts_waiting`: opt-outs of the source are not on file yet, their people are held (S-037)."""


class RowCounts(Wire):
    """What became of the records of the last seven days; received = the five that follow, always (I2)."""

    received: int
    applied: int
    unchanged: int
    superseded: int
    parked: int
    rejected: int
    absent: int = Field(description="rows deleted because a snapshot did not name them")


class RowDrift(Wire):
    """Size of the newest applied snapshot of an entity beside the median of up to five before it."""

    entity: Entity
    latest: int
    usual: int
    changed_percent: int = Field(description="100 * latest / usual - 100")


class ColumnDrift(Wire):
    """Fields of an entity that were filled in a fifth of the records and came empty, or the other way round; noted for seven days."""

    entity: Entity
    gone: list[Slug]
    added: list[Slug]
    changed_at: Instant


class HeldRecords(Wire):
    """What waits: children for their person (N-87), people who may not be written to, opt-outs for the ledger, snapshots for a person."""

    parked: int
    parked_since: Instant | None = Field(description="the source's time of the oldest parked record")
    people: int
    optouts: int
    quarantined: int


class SourceHealth(Wire):
    """One connection. `late_after` is two intervals after the last success, or after its making; a while later date-bound mail pauses (S-126)."""

    connection_id: UUID
    location_id: UUID
    name: str
    connector: Slug
    interval_minutes: int
    freshness: Freshness
    last_success_at: Instant | None
    lag_minutes: int = Field(description="since the last success, or since the connection was made")
    late_after: Instant
    rows: RowCounts
    row_drift: list[RowDrift]
    column_drift: list[ColumnDrift]
    held: HeldRecords
    alarms: list[Alarm]


class LateSource(Wire):
    """A late source of any subscriber, by ids alone: the operator reads no consumer data."""

    subscriber_id: UUID
    connection_id: UUID
    connector: Slug
    interval_minutes: int
    last_success_at: Instant | None


class SourceSignals(Wire):
    """What an operator should look at, over all subscribers. `late` are the longest late, at most 100."""

    sources: int
    late_sources: int
    quarantined_batches: int
    waiting_optouts: int
    late: list[LateSource]
