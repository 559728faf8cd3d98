"""Tables of batches: their account, what became of each record, and which records a snapshot named."""

from sqlalchemy import BigInteger, Column, DateTime, Index, LargeBinary, PrimaryKeyConstraint, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB

from services.ingest.store.metadata import metadata, word


def _count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


batches = Table(
    "batches",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("batch_id", Uuid, nullable=False),
    Column("connection_id", Uuid, nullable=False),
    word("state"),
    Column("claim_id", Uuid, nullable=False),
    Column("claimed_until", DateTime(timezone=True), nullable=False),
    Column("body_hash", LargeBinary),
    _count("lines"),
    Column("lines_hash", LargeBinary),
    *map(_count, ("received", "applied", "unchanged", "superseded", "parked", "rejected", "optouts")),
    Column("dropped_fields", JSONB, nullable=False, server_default=text("'{}'")),
    Column("flagged_addresses", JSONB, nullable=False, server_default=text("'{}'")),
    Column("started_at", DateTime(timezone=True), nullable=False),
    Column("finished_at", DateTime(timezone=True)),
    Column("mode", Text, nullable=False, server_default=text("'delta'")),
    Column("entity", Text),
    Column("snapshot_at", DateTime(timezone=True)),
    *map(_count, ("sequence", "octets")),
    Column("header", LargeBinary),
    *map(_count, ("unidentified", "absent")),
    Column("quarantine", Text),
    Column("decided_by", Text),
    Column("decided_at", DateTime(timezone=True)),
    PrimaryKeyConstraint("subscriber_id", "batch_id"),
)
"""`lines`, `octets` (unpacked) and `lines_hash` say how far it is; `header` is a CSV's first row, for going on in the middle. `snapshot_at` is the
moment a snapshot speaks of: what changed later is not absent (N-78). `unidentified` counts records refused without a readable key."""
Index(
    "ix_batches_quarantined",
    batches.c.subscriber_id,
    batches.c.batch_id,
    postgresql_where=text("state = 'quarantined'"),
)

Index("ix_batches_connection", batches.c.subscriber_id, batches.c.connection_id, batches.c.started_at)
Index(
    "ix_batches_snapshots",
    batches.c.subscriber_id,
    batches.c.connection_id,
    batches.c.entity,
    batches.c.started_at,
    postgresql_where=text("mode = 'snapshot' and state = 'applied'"),
)

rejections = Table(
    "rejections",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("batch_id", Uuid, nullable=False),
    Column("line", BigInteger, nullable=False),
    word("field"),
    word("code"),
    PrimaryKeyConstraint("subscriber_id", "batch_id", "line"),
)

batch_results = Table(
    "batch_results",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("batch_id", Uuid, nullable=False),
    Column("first_line", BigInteger, nullable=False),
    word("outcomes"),
    PrimaryKeyConstraint("subscriber_id", "batch_id", "first_line"),
)
"""One row a chunk, one letter a line (domain/outcome.py): 5,000 results cost one insert."""

snapshot_rows = Table(
    "snapshot_rows",
    metadata,
    Column("subscriber_id", Uuid, nullable=False),
    Column("batch_id", Uuid, nullable=False),
    Column("id", Uuid, nullable=False),
    PrimaryKeyConstraint("subscriber_id", "batch_id", "id"),
)
