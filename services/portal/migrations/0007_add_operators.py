"""Operators beside the first one, whose credential stands in the settings."""

from alembic import op

from shared.migrations.policies import open_table

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table; it belongs to no subscriber."""
    op.execute("""
create table operators (
    client_id uuid not null, name text not null, secret_hash bytea not null, created_by text not null, created_at timestamptz not null,
    revoked_at timestamptz,
    constraint pk_operators primary key (client_id))""")
    open_table("portal", "operators", api=["select", "insert", "update"], worker=["select"])
