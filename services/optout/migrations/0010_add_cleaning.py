"""Answered keys and the feed are cleaned."""

from shared.migrations.kit import add_cleaning

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    add_cleaning("optout")
