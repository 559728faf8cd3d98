"""Locations: whether one is open on public holidays."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("alter table locations add column open_on_public_holidays boolean not null default false")
