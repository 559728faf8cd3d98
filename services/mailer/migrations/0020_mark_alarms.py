"""Which days of a domain's complaints were told as an alarm, so that each is told once."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("alter table complaint_days add column is_alarming boolean not null default false")
