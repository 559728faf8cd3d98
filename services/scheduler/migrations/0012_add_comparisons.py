"""Comparisons of two variants: which arm a touch is in, which variant it has, and what was decided with which figures, once an occasion."""

from alembic import op

from shared.migrations.policies import protect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("alter table touches add column arm text, add column variant text")
    op.execute("""
create table comparisons (
    subscriber_id uuid not null, campaign_id uuid not null, cycle text not null, location_id uuid not null, version integer not null,
    decides_on date not null, decided_at timestamptz not null, winner text not null, reason text not null, a_people integer not null,
    a_responded integer not null, b_people integer not null, b_responded integer not null, difference double precision, lower double precision,
    upper double precision, constraint pk_comparisons primary key (subscriber_id, campaign_id, cycle))""")
    op.execute(
        "create index ix_campaigns_comparing on campaigns (subscriber_id, campaign_id) where settings ? 'comparison'"
    )
    protect("scheduler", "comparisons", api=["select"], worker=["select", "insert"])
