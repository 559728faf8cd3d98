"""Snapshots with quarantine, resuming at an octet, and what became of every record."""

from alembic import op

from shared.migrations.policies import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = """
alter table batches add column mode text not null default 'delta', add column entity text, add column snapshot_at timestamptz,
    add column sequence bigint not null default 0, add column octets bigint not null default 0, add column header bytea,
    add column unidentified bigint not null default 0, add column absent bigint not null default 0, add column quarantine text,
    add column decided_by text, add column decided_at timestamptz;
create index ix_batches_quarantined on batches (subscriber_id, batch_id) where state = 'quarantined';
create table snapshot_rows (
    subscriber_id uuid not null, batch_id uuid not null, id uuid not null, constraint pk_snapshot_rows primary key (subscriber_id, batch_id, id));
create table batch_results (
    subscriber_id uuid not null, batch_id uuid not null, first_line bigint not null, outcomes text not null,
    constraint pk_batch_results primary key (subscriber_id, batch_id, first_line));
"""
_SLOTS = 4


def upgrade() -> None:
    """Apply."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    protect("ingest", "snapshot_rows", api=["select", "insert", "delete"], worker=["select", "delete"])
    protect("ingest", "batch_results", api=["select", "insert"], worker=["select", "delete"])
    for slot in range(_SLOTS):
        op.execute(f"alter table staging_{slot} add column line bigint")
