"""Which mail was complained about."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, and an index over the few that have it."""
    op.execute("alter table messages add column complained_at timestamptz")
    op.execute(
        "create index ix_messages_complained on messages (subscriber_id, complained_at) where complained_at is not null"
    )
