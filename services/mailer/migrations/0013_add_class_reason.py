"""Contents record why they have their class; those from before have no reason on file (L-001)."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("alter table contents add column class_reason jsonb")
