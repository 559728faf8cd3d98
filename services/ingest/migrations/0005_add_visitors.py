"""An index by location and time, for the day's visitors."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("create index ix_appointments_day on appointments (subscriber_id, location_id, starts_at)")
