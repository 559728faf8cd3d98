"""Answered keys and the feed are cleaned; a row of the feed finds a newer one of the same thing by its key."""

from alembic import op

from shared.migrations.kit import add_cleaning

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    add_cleaning("ingest")
    op.execute("create index ix_changes_key on changes (key)")
