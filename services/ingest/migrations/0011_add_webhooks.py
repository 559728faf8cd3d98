"""Which secret of a connection's pushes is the present one; 0 while it may not push."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("alter table connections add column webhook_generation integer not null default 0")
