"""Answered keys and the feed are cleaned."""

from shared.migrations.kit import add_cleaning

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    add_cleaning("portal")
