"""Records as a front desk works with them: blind search terms, edits that stand against the source, history."""

from alembic import op

from shared.migrations.policies import protect

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_TABLES = """
create table search_terms (
    subscriber_id uuid not null, term bigint not null, consumer_id uuid not null,
    constraint pk_search_terms primary key (subscriber_id, term, consumer_id));
create index ix_search_terms_consumer on search_terms (subscriber_id, consumer_id);
create table consumer_edits (
    subscriber_id uuid not null, consumer_id uuid not null, field text not null, sealed bytea not null, base_hash bytea not null,
    edited_at timestamptz not null, edited_by text not null,
    constraint pk_consumer_edits primary key (subscriber_id, consumer_id, field));
create table consumer_history (
    subscriber_id uuid not null, consumer_id uuid not null, position bigint generated always as identity, changed_at timestamptz not null,
    source text not null, changed_by text not null, fields text[] not null,
    constraint pk_consumer_history primary key (subscriber_id, consumer_id, position));
"""


def upgrade() -> None:
    """Apply."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    protect("ingest", "search_terms", api=["select", "insert", "delete"], worker=["select", "insert", "delete"])
    protect("ingest", "consumer_edits", api=["select", "insert", "update", "delete"], worker=["select", "delete"])
    protect("ingest", "consumer_history", api=["select", "insert"], worker=["select", "delete"])
