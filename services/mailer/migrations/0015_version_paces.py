"""Paces tell when a person last set their limits, which is their version."""

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("alter table paces add column changed_at timestamptz")
