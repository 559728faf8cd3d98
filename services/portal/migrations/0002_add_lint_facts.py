"""Locations: what a practice calls its procedures, and where its mail may lead beside its website."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute(
        "alter table locations add column procedure_names jsonb not null default '[]'::jsonb, "
        "add column link_hosts jsonb not null default '[]'::jsonb"
    )
