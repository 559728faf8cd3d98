"""Who looked at a campaign as which consumer would get it."""

from alembic import op

from shared.migrations.policies import protect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table: written in the request that shows, read for reports to people."""
    op.execute("""
create table campaign_views (
    subscriber_id uuid not null, view_id uuid not null, campaign_id uuid not null, consumer_id uuid not null, viewed_by text not null,
    viewed_at timestamptz not null,
    constraint pk_campaign_views primary key (subscriber_id, view_id))""")
    op.execute("create index ix_campaign_views_consumer on campaign_views (subscriber_id, consumer_id)")
    protect("scheduler", "campaign_views", api=["insert"], worker=["select"])
