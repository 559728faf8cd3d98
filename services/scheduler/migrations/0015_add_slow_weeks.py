"""Weeks that look quiet, and on which day each location was last measured."""

from alembic import op

from shared.migrations.policies import protect

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.execute("alter table locations add column measured_on date not null default '2000-01-01'")
    op.execute("""
create table slow_weeks (
    subscriber_id uuid not null, location_id uuid not null, week_on date not null, booked integer not null, usual double precision not null,
    basis text not null, compared_weeks integer not null, is_slow boolean not null, noticed_at timestamptz not null,
    measured_at timestamptz not null, told_at timestamptz, dismissed_at timestamptz,
    constraint pk_slow_weeks primary key (subscriber_id, location_id, week_on))""")
    protect("scheduler", "slow_weeks", api=["select", "update"], worker=["select", "insert", "update"])
