"""Locations: whether one's people are counted in broad figures; off until it is switched on."""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("alter table locations add column in_aggregates boolean not null default false")
