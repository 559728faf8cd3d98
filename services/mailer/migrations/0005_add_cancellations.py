"""Cancellations of everything a stop covers, carried out in chunks by a background loop; an index to count what waits for another try."""

from alembic import op

from shared.migrations.policies import open_table

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLE = """
create table cancellations (
    scope text not null, id text not null, asked_at timestamptz not null, cancelled bigint not null default 0,
    seen_at timestamptz, seen_id uuid, in_pass bigint not null default 0, finished_at timestamptz,
    constraint pk_cancellations primary key (scope, id))
"""
# Few wait for another try: counting them must not walk all that wait.
_INDEX = "create index ix_messages_deferred on messages (subscriber_id, message_id) where state = 'deferred'"


def upgrade() -> None:
    """Apply."""
    op.execute(_TABLE)
    op.execute(_INDEX)
    open_table("mailer", "cancellations", api=["select", "insert", "update"], worker=["select", "update"])
