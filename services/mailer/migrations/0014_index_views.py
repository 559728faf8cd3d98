"""Looks at content are listed by time and by message."""

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("create index ix_content_views_viewed_at on content_views (viewed_at, view_id)")
    op.execute("create index ix_content_views_message_id on content_views (message_id)")
