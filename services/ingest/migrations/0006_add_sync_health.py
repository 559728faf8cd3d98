"""Sync health: which fields a source fills, and indexes for what is asked per connection."""

from alembic import op

from shared.migrations.policies import protect

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(
        "create table source_columns (subscriber_id uuid not null, connection_id uuid not null, entity text not null, columns text[] not null, "
        "gone text[] not null, added text[] not null, changed_at timestamptz, "
        "constraint pk_source_columns primary key (subscriber_id, connection_id, entity))"
    )
    op.execute("create index ix_batches_connection on batches (subscriber_id, connection_id, started_at)")
    op.execute(
        "create index ix_batches_snapshots on batches (subscriber_id, connection_id, entity, started_at) "
        "where mode = 'snapshot' and state = 'applied'"
    )
    op.execute(
        "create index ix_consumers_held on consumers (subscriber_id, connection_id) where status = 'held' or optout_pending"
    )
    protect("ingest", "source_columns", api=["select", "insert", "update"], worker=["select", "delete"])
