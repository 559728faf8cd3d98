"""Drafts: a location may prepare a campaign beside the one that runs."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Let only campaigns that run exclude each other."""
    op.execute("drop index uq_campaigns_running")
    op.execute(
        "create unique index uq_campaigns_running on campaigns (subscriber_id, location_id, type) where state in ('active', 'paused')"
    )
