"""Cancelling all that a stop covers; an index to count what waits for another try; with which sender facts mail was written, and who looked."""

from alembic import op

from shared.migrations.policies import open_table, protect

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Few wait for another try: counting them must not walk all that wait.
_TABLES = """
create table cancellations (
    scope text not null, id text not null, asked_at timestamptz not null, cancelled bigint not null default 0,
    seen_at timestamptz, seen_id uuid, in_pass bigint not null default 0, finished_at timestamptz,
    constraint pk_cancellations primary key (scope, id));
create index ix_messages_deferred on messages (subscriber_id, message_id) where state = 'deferred';
create table sender_facts (
    subscriber_id uuid not null, location_id uuid not null, facts_hash bytea not null, body jsonb not null, first_used_at timestamptz not null,
    constraint pk_sender_facts primary key (subscriber_id, location_id, facts_hash));
create table content_views (
    subscriber_id uuid not null, view_id uuid not null, message_id uuid not null, viewed_by text not null, viewed_at timestamptz not null,
    proof text not null, constraint pk_content_views primary key (subscriber_id, view_id));
"""


def upgrade() -> None:
    """Apply."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    open_table("mailer", "cancellations", api=["select", "insert", "update"], worker=["select", "update"])
    protect("mailer", "sender_facts", api=["select"], worker=["select", "insert"])
    protect("mailer", "content_views", api=["select", "insert"], worker=[])
