"""birthdays, first addresses, when a status was heard of, verticals, open days counted, commercial mail told apart."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Locations and their calendars are drawn again (version 0), so that what is new about them is filled in.
_CHANGES = """
alter table consumers add column birth_month smallint, add column birth_day smallint, add column addressed_at timestamptz;
alter table appointments add column status_at timestamptz;
alter table locations add column vertical text not null default '';
update locations set version = 0;
alter table open_days add column ordinal integer not null default 0;
create index ix_open_days_ordinal on open_days (subscriber_id, location_id, ordinal) where back_to = day;
alter table messages add column commercial boolean not null default false;
create index ix_touches_type on touches (subscriber_id, consumer_id, campaign_type);
drop index ix_touches_consumer
"""


def upgrade() -> None:
    """Add the columns."""
    for statement in _CHANGES.split(";\n"):
        op.execute(statement)
