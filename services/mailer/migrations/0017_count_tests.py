"""Messages: how many tests of campaigns a business has had lately is counted without reading its other mail."""

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("create index ix_messages_tests on messages (subscriber_id, accepted_at) where origin = 'test'")
