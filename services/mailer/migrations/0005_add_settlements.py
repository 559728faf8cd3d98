"""Who or what ended a doubt about a message."""

from alembic import op

from shared.migrations.policies import protect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_TABLES = """
create table settlements (
    subscriber_id uuid not null, settlement_id uuid not null, message_id uuid not null, source text not null, state text not null,
    settled_by text not null, sealed_note bytea, settled_at timestamptz not null,
    constraint pk_settlements primary key (subscriber_id, settlement_id));
create index ix_settlements_message_id on settlements (subscriber_id, message_id);
"""


def upgrade() -> None:
    """Apply."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    protect("mailer", "settlements", api=["select", "insert"], worker=["select", "insert"])
