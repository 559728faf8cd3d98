"""Over which route each attempt went: with several relays, whose log settles a doubt."""

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("alter table attempts add column route text")
