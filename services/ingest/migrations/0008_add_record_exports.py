"""What subscribers took out."""

from alembic import op

from shared.migrations.policies import protect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(
        "create table record_exports (subscriber_id uuid not null, export_id uuid not null, entity text not null, format text not null, "
        "location_id uuid, purpose text not null, requested_by text not null, made_at timestamptz not null, rows bigint, "
        "finished_at timestamptz, constraint pk_record_exports primary key (subscriber_id, export_id))"
    )
    protect("ingest", "record_exports", api=["select", "insert", "update"], worker=["select", "delete"])
