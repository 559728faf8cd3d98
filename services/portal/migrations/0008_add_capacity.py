"""Locations: how many visits each takes, by which invitations are paced."""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("alter table locations add column capacity jsonb not null default '{}'")
