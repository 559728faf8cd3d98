"""Mails to the privacy mailbox, kept as open requests."""

from alembic import op

from shared.migrations.policies import open_table

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_TABLES = """
create table privacy_mails (
    mail_id uuid not null, received_at timestamptz not null, state text not null default 'open', sealed bytea not null,
    constraint pk_privacy_mails primary key (mail_id));
create index ix_privacy_mails_open on privacy_mails (received_at, mail_id) where state = 'open';
"""


def upgrade() -> None:
    """Apply."""
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
    open_table("optout", "privacy_mails", api=["select", "insert"], worker=[])
