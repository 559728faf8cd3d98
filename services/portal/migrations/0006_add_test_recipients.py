"""Locations: the mailboxes of the business's own people who may be sent a campaign as a test."""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("alter table locations add column test_recipients jsonb not null default '[]'")
