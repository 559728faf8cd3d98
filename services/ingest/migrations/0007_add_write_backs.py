"""What belongs into practice systems too, and an index by address, for opt-outs that name an address alone."""

from alembic import op

from shared.migrations.policies import protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(
        "create table write_backs (subscriber_id uuid not null, write_back_id uuid not null, connection_id uuid not null, "
        "consumer_id uuid not null, kind text not null, scope text not null, appointment_id uuid, starts_at timestamptz, suppression_class text, "
        "address_key text, person_id uuid, scope_location_id uuid, decided_at timestamptz not null, state text not null, "
        "tries integer not null default 0, next_at timestamptz not null, claim_id uuid, answer text not null default '', answered_at timestamptz, "
        "constraint pk_write_backs primary key (subscriber_id, write_back_id))"
    )
    op.execute(
        "create index ix_write_backs_open on write_backs (subscriber_id, connection_id, next_at) where state in ('waiting', 'claimed')"
    )
    op.execute("create index ix_write_backs_consumer on write_backs (subscriber_id, consumer_id)")
    op.execute(
        "create index ix_consumers_address on consumers (subscriber_id, address_key) where address_key is not null"
    )
    protect(
        "ingest", "write_backs", api=["select", "insert", "update"], worker=["select", "insert", "update", "delete"]
    )
