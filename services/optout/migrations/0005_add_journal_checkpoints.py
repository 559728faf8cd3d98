"""How much of the journal outside the database this database has."""

from alembic import op

from shared.migrations.policies import open_table

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(
        "create table journal_checkpoints (journal_id uuid not null, position bigint not null, "
        "constraint pk_journal_checkpoints primary key (journal_id))"
    )
    open_table("optout", "journal_checkpoints", api=[], worker=["select", "insert", "update"])
