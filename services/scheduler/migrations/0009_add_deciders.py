"""Decisions name the record that decided, where it is another than the touch's own."""

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("alter table decisions add column decider_id uuid")
