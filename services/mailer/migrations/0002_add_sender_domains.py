"""Sender domains, their DKIM keys and what the last look at the DNS found."""

from alembic import op

from shared.migrations.policies import protect

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = """
create table sender_domains (
    subscriber_id uuid not null, domain text not null, created_at timestamptz not null, checked_at timestamptz,
    next_check_at timestamptz not null, findings jsonb not null default '{}'::jsonb,
    constraint pk_sender_domains primary key (subscriber_id, domain));
create index ix_sender_domains_next_check_at on sender_domains (next_check_at);
create table sender_keys (
    subscriber_id uuid not null, domain text not null, selector text not null, algorithm text not null, public text not null,
    sealed bytea not null, state text not null, record text not null default 'unchecked', created_at timestamptz not null,
    activated_at timestamptz, retire_at timestamptz, missing_since timestamptz,
    constraint pk_sender_keys primary key (subscriber_id, domain, selector));
"""


def upgrade() -> None:
    """Apply."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    protect("mailer", "sender_domains", api=["select", "insert", "update"], worker=["select", "update"])
    protect("mailer", "sender_keys", api=["select", "insert"], worker=["select", "update", "delete"])
