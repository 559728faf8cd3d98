"""What messages put into calendars: how long, the rising sequence, and whether it was taken out again."""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_CHANGES = """
alter table announcements add column minutes integer, add column sequence integer not null default 0,
    add column is_cancelled boolean not null default false;
create index ix_announcements_consumer on announcements (subscriber_id, consumer_id)
"""


def upgrade() -> None:
    """Add the columns."""
    for statement in _CHANGES.split(";\n"):
        op.execute(statement)
