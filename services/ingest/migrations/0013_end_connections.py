"""When a connection was ended for good, and the version that edits of it are made on."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("alter table connections add column ended_at timestamptz, add column version bigint not null default 1")
