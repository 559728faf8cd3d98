"""Indexes of the plan in the order in which people are planned: what is written together stands together."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_CHANGES = """
alter table touches drop constraint uq_touches_once;
alter table touches add constraint uq_touches_once unique (subscriber_id, consumer_id, campaign_type, campaign_id, step, cycle);
drop index ix_touches_type;
create index ix_touches_compared on touches (subscriber_id, campaign_id, cycle) where arm is not null;
alter table decisions drop constraint pk_decisions;
alter table decisions add constraint pk_decisions primary key (subscriber_id, touch_id, decision_id);
drop index ix_decisions_touch;
create index ix_replans_order on replans (bulk, subscriber_id, consumer_id);
drop index ix_replans_bulk
"""


def upgrade() -> None:
    """Apply."""
    for statement in _CHANGES.split(";\n"):
        op.execute(statement)
