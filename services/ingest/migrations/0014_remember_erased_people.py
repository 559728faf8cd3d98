"""Keyed hashes of who was erased, so that no source brings them back under another key and address (N-89)."""

from alembic import op

from shared.migrations.policies import protect

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(
        "create table erased_people (subscriber_id uuid not null, person_key uuid not null, entry_id uuid not null, "
        "constraint pk_erased_people primary key (subscriber_id, person_key))"
    )
    op.execute("create index ix_erased_people_entry on erased_people (entry_id)")
    protect("ingest", "erased_people", api=["select"], worker=["select", "insert", "delete"])
