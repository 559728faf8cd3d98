"""Reports that came back about messages, and addresses that cannot be reached."""

from alembic import op

from shared.migrations.policies import protect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_TABLES = """
create table reports (
    subscriber_id uuid not null, report_id uuid not null, message_id uuid not null, address_key text not null, kind text not null,
    blame text, status text, reason text, reported_at timestamptz not null,
    constraint pk_reports primary key (subscriber_id, report_id));
create index ix_reports_message_id on reports (subscriber_id, message_id);
create index ix_reports_address_key on reports (subscriber_id, address_key, reported_at);
create table unreachable (
    subscriber_id uuid not null, address_key text not null, reason text not null, since_at timestamptz not null, ends_at timestamptz,
    cleared_at timestamptz, constraint pk_unreachable primary key (subscriber_id, address_key));
create index ix_messages_bounced on messages (final_at) where state = 'bounced';
"""


def upgrade() -> None:
    """Apply."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    protect("mailer", "reports", api=["select"], worker=["select", "insert"])
    protect("mailer", "unreachable", api=["select", "update"], worker=["select", "insert", "update"])
